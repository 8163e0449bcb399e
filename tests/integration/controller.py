# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in of AWX's API, as far as awx.awx 24.6.1 asks it: it keeps what it is given, and refuses what the real one refuses.

What it refuses is taken from awx 24.6.1: awx/api/views (SurveySpec, credentials of a template), awx/main/models/mixins.py (answers).
"""

from __future__ import annotations

import http.server
import itertools
import json
import re
import threading
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Thing = dict[str, Any]
_TYPES = {
    "organizations": "organization",
    "execution_environments": "execution_environment",
    "projects": "project",
    "inventories": "inventory",
    "hosts": "host",
    "groups": "group",
    "credential_types": "credential_type",
    "credentials": "credential",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "workflow_job_template_nodes": "workflow_job_template_node",
    "workflow_approval_templates": "workflow_approval_template",
    "schedules": "schedule",
}
# What must be given, and within what a name is unique.
_REQUIRED = {
    "execution_environments": {"image"},
    "inventories": {"organization"},
    "hosts": {"inventory"},
    "groups": {"inventory"},
    "credential_types": {"kind"},
    "credentials": {"credential_type"},
    "job_templates": {"project", "playbook"},
    "schedules": {"rrule", "unified_job_template"},
}
_UNIQUE = {"hosts": ("inventory",), "groups": ("inventory",), "credentials": ("organization", "credential_type")}
_ORGANIZED = ("projects", "inventories", "job_templates", "workflow_job_templates")
_DEFAULTS: dict[str, Thing] = {
    "hosts": {"enabled": True, "variables": ""},
    "groups": {"variables": ""},
    "projects": {"scm_revision": "0" * 40, "status": "successful"},
    "job_templates": {"survey_enabled": False, "extra_vars": "---", "survey_spec": {}},
    "workflow_job_templates": {"survey_enabled": False, "survey_spec": {}},
    "workflow_job_template_nodes": {"unified_job_template": None},
    "schedules": {"enabled": True},
}
_ASSOCIATED = {
    "job_templates": ("credentials",),
    "groups": ("hosts", "children"),
    "workflow_job_template_nodes": ("success_nodes", "failure_nodes", "always_nodes"),
}
ALLOWED_TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}


class RefusedError(Exception):
    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def check_survey(survey: Any) -> None:
    """JobTemplateSurveySpec._validate_spec_data."""
    for field, kind in (("name", str), ("description", str), ("spec", list)):
        if field not in survey:
            raise RefusedError(400, {"error": f"Field '{field}' is missing from survey spec."})
        if not isinstance(survey[field], kind):
            raise RefusedError(400, {"error": f"Expected {kind.__name__} for field '{field}'"})
    if not survey["spec"]:
        raise RefusedError(400, {"error": "'spec' doesn't contain any items."})
    seen = set()
    for place, question in enumerate(survey["spec"]):
        for field in ("type", "question_name", "variable", "required"):
            if field not in question:
                raise RefusedError(400, {"error": f"'{field}' missing from survey question {place}"})
            if not isinstance(question[field], bool if field == "required" else str):
                raise RefusedError(400, {"error": f"'{field}' in survey question {place} expected to be another type."})
        if question["variable"] in seen:
            raise RefusedError(400, {"error": f"'variable' '{question['variable']}' duplicated in survey question {place}."})
        seen.add(question["variable"])
        kind = question["type"]
        if kind not in ALLOWED_TYPES:
            raise RefusedError(400, {"error": f"'{kind}' in survey question {place} is not one of the allowed question types."})
        if question.get("default", "") != "" and not isinstance(question["default"], ALLOWED_TYPES[kind]):
            raise RefusedError(
                400, {"error": f"Default value {question['default']} in survey question {place} expected to be another type."}
            )
        for key in ("min", "max"):
            if question.get(key) is not None and not isinstance(question[key], int):
                raise RefusedError(400, {"error": f"The {key} limit in survey question {place} expected to be integer."})
        if kind in ("multiplechoice", "multiselect"):
            if "choices" not in question:
                raise RefusedError(400, {"error": f"Survey question {place} of type {kind} must specify choices."})
            defaults = str(question.get("default", "")).splitlines()
            if kind == "multiplechoice" and len(defaults) > 1:
                raise RefusedError(400, {"error": "Multiple Choice (Single Select) can only have one default value."})
            if any(default not in question["choices"] for default in defaults):
                raise RefusedError(400, {"error": "Default choice must be answered from the choices listed."})


def answered(survey: Thing, answers: Thing) -> Thing:
    """The extra variables of a launch by the API, as SurveyJobTemplateMixin makes them."""
    variables: Thing = {}
    for question in survey["spec"]:
        name, kind = question["variable"], question["type"]
        if name not in answers:
            if question["required"]:
                raise RefusedError(400, {"variables_needed_to_start": [f"'{name}' value missing"]})
            if "default" in question and kind != "multiselect" and not (question["default"] == "" and kind != "text"):
                variables[name] = question["default"]
            continue
        value = answers[name]
        kinds = {"integer": int, "float": int | float, "multiselect": list}
        if not isinstance(value, kinds.get(kind, str)):  # type: ignore[arg-type]
            raise RefusedError(400, {"variables_needed_to_start": [f"Value {value} for '{name}' expected to be another type."]})
        if kind in ("multiplechoice", "multiselect"):
            chosen = value if kind == "multiselect" else [value]
            if any(one not in question["choices"] for one in chosen):
                raise RefusedError(400, {"variables_needed_to_start": [f"Value {value} for '{name}' expected to be one of the choices"]})
        variables[name] = value
    return variables


class Controller:
    """The stand-in, listening while it is entered.

    C(written) has the requests that changed something. C(playbooks): what the project holds, which a template may name.
    """

    def __init__(self, token: str, playbooks: set[str]) -> None:
        self.token, self.playbooks = token, playbooks
        self.kept: dict[str, dict[int, Thing]] = {name: {} for name in _TYPES}
        self.associations: dict[tuple[str, int, str], list[int]] = {}
        self.written: list[str] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        # The one that AWX has by itself.
        bearer = {"name": "OpenShift or Kubernetes API Bearer Token", "kind": "kubernetes", "managed": True}
        bearer["inputs"] = {
            "fields": [{"id": "bearer_token", "secret": True}, {"id": "host"}, {"id": "verify_ssl"}, {"id": "ssl_ca_cert", "secret": True}]
        }
        self._add("credential_types", bearer)

    def named(self, collection: str, name: str) -> Thing:
        (found,) = [item for item in self.kept[collection].values() if item.get("name", item.get("identifier")) == name]
        return found

    def associated(self, collection: str, name: str, what: str) -> list[str]:
        """Names of what is associated with something."""
        key = (collection, self.named(collection, name)["id"], what)
        others = {"success_nodes": "workflow_job_template_nodes"}.get(what, what)
        return [self.kept[others][other].get("name") or self.kept[others][other]["identifier"] for other in self.associations.get(key, [])]

    def __enter__(self) -> Controller:
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}") if length else {}
                with stand_in._lock:
                    try:
                        if self.headers.get("Authorization") != f"Bearer {stand_in.token}":
                            raise RefusedError(401, {"detail": "Authentication credentials were not provided."})
                        status, answer = stand_in._ask(self.command, self.path, body)
                    except RefusedError as error:
                        status, answer = error.status, error.body
                data = b"" if status == 204 else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("X-API-Product-Name", "AWX")
                self.send_header("X-API-Product-Version", "24.6.1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = _answer

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _ask(self, method: str, path: str, body: Thing) -> tuple[int, Any]:
        split = urlsplit(path)
        words = split.path.removeprefix("/api/v2/").strip("/").split("/")
        query = dict(parse_qsl(split.query))
        if method != "GET":
            self.written.append(f"{method} {split.path}")
        if words[0] == "unified_job_templates":
            # By the type that it has as a unified template; approvals are not among them.
            found = [item for name in ("job_templates", "projects", "workflow_job_templates") for item in self.kept[name].values()]
            return 200, self._page([item for item in found if self._matches(item, query)])
        collection = words[0]
        if collection not in _TYPES:
            raise RefusedError(404, {"detail": "Not found."})
        if len(words) == 1:
            if method == "GET":
                return 200, self._page([item for item in self.kept[collection].values() if self._matches(item, query)])
            return 201, self._shown(collection, self._add(collection, body))
        number = int(words[1])
        if number not in self.kept[collection]:
            raise RefusedError(404, {"detail": "Not found."})
        item = self.kept[collection][number]
        if len(words) == 2:
            if method == "GET":
                return 200, self._shown(collection, item)
            if method == "DELETE":
                self._remove(collection, number)
                return 204, None
            if collection == "workflow_approval_templates":
                # It knows no fields of the node, which awx.awx sends along each time.
                body = {name: body[name] for name in ("name", "description", "timeout") if name in body}
            self._check(collection, {**item, **body}, number)
            item.update(self._secret(collection, {**item, **body}, item))
            return 200, self._shown(collection, item)
        return self._below(method, collection, item, words[2], body)

    def _below(self, method: str, collection: str, item: Thing, what: str, body: Thing) -> tuple[int, Any]:
        if what == "survey_spec":
            if method == "GET":
                return 200, item["survey_spec"]
            if method == "POST":
                check_survey(body)
            item["survey_spec"] = body if method == "POST" else {}
            return 200, {}
        if what == "create_approval_template" and method == "POST":
            approval = self._add(
                "workflow_approval_templates", {name: body[name] for name in ("name", "description", "timeout") if name in body}
            )
            item["unified_job_template"] = approval["id"]
            return 201, self._shown("workflow_approval_templates", approval)
        if what not in _ASSOCIATED.get(collection, ()):
            raise RefusedError(404, {"detail": "Not found."})
        known = self.associations.setdefault((collection, item["id"], what), [])
        others = "workflow_job_template_nodes" if what.endswith("_nodes") else {"children": "groups"}.get(what, what)
        if method == "GET":
            return 200, self._page([self.kept[others][number] for number in known], others)
        if body.get("disassociate"):
            known.remove(body["id"])
            return 204, None
        if what == "credentials":
            new = self.kept[others][body["id"]]["credential_type"]
            if any(self.kept[others][number]["credential_type"] == new for number in known):
                raise RefusedError(400, {"error": f"Cannot assign multiple {self.kept['credential_types'][new]['name']} credentials."})
        known.append(body["id"])
        return 204, None

    def _add(self, collection: str, body: Thing) -> Thing:
        number = next(self._ids)
        item = {**_DEFAULTS.get(collection, {}), **body, "id": number, "type": _TYPES[collection]}
        item["url"] = f"/api/v2/{collection}/{number}/"
        self._check(collection, item, number)
        self.kept[collection][number] = self._secret(collection, item, {})
        return self.kept[collection][number]

    def _check(self, collection: str, item: Thing, number: int) -> None:
        if missing := [name for name in sorted(_REQUIRED.get(collection, ())) if not item.get(name)]:
            raise RefusedError(400, {name: ["This field is required."] for name in missing})
        within = _UNIQUE.get(collection, ("organization",) if collection in _ORGANIZED else ("workflow_job_template",))
        name = "identifier" if collection == "workflow_job_template_nodes" else "name"
        same = [
            other
            for other in self.kept[collection].values()
            if other["id"] != number and other.get(name) == item.get(name) and all(other.get(key) == item.get(key) for key in within)
        ]
        if same and collection != "workflow_approval_templates":
            raise RefusedError(400, {"__all__": [f"{_TYPES[collection]} with this {name} already exists."]})
        if collection == "job_templates" and item["playbook"] not in self.playbooks:
            raise RefusedError(400, {"playbook": ["Playbook not found for project."]})
        if collection == "credentials":
            fields = {field["id"] for field in self.kept["credential_types"][item["credential_type"]]["inputs"]["fields"]}
            if strange := set(item.get("inputs", {})) - fields:
                raise RefusedError(400, {"inputs": [f"Additional properties are not allowed ({', '.join(strange)})"]})
        if collection == "schedules" and not re.fullmatch(r"DTSTART;TZID=[\w/]+:\d{8}T\d{6} RRULE:FREQ=\w+(;\w+=[\w,]+)*", item["rrule"]):
            raise RefusedError(400, {"rrule": ["Valid DTSTART required in rrule."]})
        if collection == "schedules" and "INTERVAL" not in item["rrule"]:
            raise RefusedError(400, {"rrule": ["INTERVAL required in rrule."]})

    def _secret(self, collection: str, item: Thing, before: Thing) -> Thing:
        """Secrets are kept, and C($encrypted$) stands for the one that is there."""
        if collection != "credentials":
            return item
        old = before.get("inputs", {})
        inputs = {name: old.get(name) if value == "$encrypted$" else value for name, value in item.get("inputs", {}).items()}
        return {**item, "inputs": inputs}

    def _shown(self, collection: str, item: Thing) -> Thing:
        shown = {**item, "summary_fields": {}, "related": {}}
        shown.pop("survey_spec", None)
        if collection == "credentials":
            fields = self.kept["credential_types"][item["credential_type"]]["inputs"]["fields"]
            secret = {field["id"] for field in fields if field.get("secret")}
            shown["inputs"] = {name: "$encrypted$" if name in secret and value else value for name, value in item["inputs"].items()}
        if collection in ("job_templates", "workflow_job_templates"):
            shown["related"]["survey_spec"] = f"{item['url']}survey_spec/"
        if collection == "workflow_job_template_nodes":
            shown["success_nodes"] = self.associations.get((collection, item["id"], "success_nodes"), [])
        for what in _ASSOCIATED.get(collection, ()):
            shown["related"][what] = f"{item['url']}{what}/"
        if item.get("unified_job_template") in self.kept["workflow_approval_templates"] and collection == "workflow_job_template_nodes":
            shown["related"]["unified_job_template"] = f"/api/v2/workflow_approval_templates/{item['unified_job_template']}/"
        return shown

    def _page(self, items: list[Thing], collection: str = "") -> Thing:
        names = {kind: name for name, kind in _TYPES.items()}
        return {"count": len(items), "next": None, "results": [self._shown(collection or names[item["type"]], item) for item in items]}

    def _matches(self, item: Thing, query: dict[str, str]) -> bool:
        return all(str(item.get(name)) == value for name, value in query.items() if name not in ("page", "page_size", "order_by"))

    def _remove(self, collection: str, number: int) -> None:
        del self.kept[collection][number]
        belongs = {
            "inventories": [("hosts", "inventory"), ("groups", "inventory")],
            "job_templates": [("schedules", "unified_job_template")],
            "workflow_job_templates": [("workflow_job_template_nodes", "workflow_job_template")],
        }
        for other, field in belongs.get(collection, []):
            for inner in [inner for inner, item in self.kept[other].items() if item.get(field) == number]:
                del self.kept[other][inner]
