# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way of a request from the browser to an application, drawn from C(requests.json), which is read from rendered plans::

    ansible-playbook site.yml --tags render
    PYTHONPATH=.collections python docs/request_way.py ~/.local/state/mlplatform.kubeflow/embedded/plan

adds what the plan holds to that file, or puts it in the place of what is there of the same release. A test holds the file against what
each release renders.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from drawing import box, line, picture, text

FILE = Path(__file__).with_name("requests.json")
GATEWAY = "kubeflow-gateway"
Thing = Mapping[str, Any]
Way = dict[str, Any]


def way_of(parts: Mapping[str, Iterable[Thing]]) -> Way:
    """What a plan says of a request's way.

    :arg parts: objects by part.
    :returns: C(gateway), namespace and name; C(login), who is asked whether a request may pass (C(by), the kind of object that says so),
        and C(open), the paths that pass without; C(user), the header that tells applications who it is; C(routes), the service and the
        part by the prefix of the path.
    :raises ValueError: when nothing of the plan asks for a login.
    """
    objects = [(part, item) for part, items in parts.items() for item in items]
    [gateway] = [item for _part, item in objects if item["kind"] == "Gateway" and item["metadata"]["name"] == GATEWAY]
    login = next(_login(objects), None)
    if login is None:
        raise ValueError("no object of the plan asks for a login")
    routes = {prefix: {"service": service, "part": part} for part, item in objects for prefix, service in _routes(item)}
    return {"gateway": _place(gateway), **login, "routes": dict(sorted(routes.items()))}


def _place(item: Thing) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _routes(item: Thing) -> Iterator[tuple[str, str]]:
    if item["kind"] == "VirtualService" and any(name.rpartition("/")[2] == GATEWAY for name in item["spec"].get("gateways", ())):
        for rule in item["spec"]["http"]:
            for match in rule["match"]:
                yield match["uri"]["prefix"], _service(rule["route"][0]["destination"]["host"])


def _service(host: str) -> str:
    """C(dex.auth.svc.cluster.local) as C(auth/dex)."""
    name, namespace, *_domain = host.split(".")
    return f"{namespace}/{name}"


def _login(objects: Iterable[tuple[str, Thing]]) -> Iterator[Way]:
    """By a provider in Istio's configuration that a policy names, or by a filter of Envoy's."""
    objects = list(objects)
    providers = {}
    for _part, item in objects:
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] == "istio" and "mesh" in item.get("data", {}):
            providers = {one["name"]: one for one in yaml.safe_load(item["data"]["mesh"]).get("extensionProviders", ())}
    for _part, item in objects:
        if item["kind"] == "AuthorizationPolicy" and item["spec"].get("action") == "CUSTOM":
            asked = providers[item["spec"]["provider"]["name"]]["envoyExtAuthzHttp"]
            headers = [
                header for _part, other in objects if other["kind"] == "RequestAuthentication" for header in _headers(other, "email")
            ]
            is_open = {path for rule in item["spec"]["rules"] for to in rule["to"] for path in to["operation"].get("notPaths", ())}
            by = f"AuthorizationPolicy {_place(item)}"
            yield {"login": {"service": _service(asked["service"]), "by": by, "open": sorted(is_open)}, "user": headers[0]}
        if item["kind"] == "EnvoyFilter":
            for patch in item["spec"]["configPatches"]:
                value = patch["patch"].get("value", {})
                if value.get("name") == "envoy.filters.http.ext_authz":
                    http = value["typed_config"]["http_service"]
                    service = _service(urlsplit(http["server_uri"]["uri"]).hostname or "")
                    allowed = http["authorization_response"]["allowed_upstream_headers"]["patterns"]
                    user = next(one["exact"] for one in allowed if "userid" in one["exact"])
                    by = f"EnvoyFilter {_place(item)}"
                    yield {"login": {"service": service, "by": by, "open": sorted(_skipped(objects, service))}, "user": user}


def _headers(item: Thing, claim: str) -> Iterator[str]:
    for rule in item["spec"]["jwtRules"]:
        yield from (one["header"] for one in rule.get("outputClaimToHeaders", ()) if one["claim"] == claim)


def _skipped(objects: Iterable[tuple[str, Thing]], service: str) -> set[str]:
    """Paths that oidc-authservice lets pass, which its own environment names."""
    found: set[str] = set()
    for _part, item in objects:
        if (
            item["kind"] == "ConfigMap"
            and "SKIP_AUTH_URI" in item.get("data", {})
            and item["metadata"]["namespace"] == service.split("/")[0]
        ):
            found.update(item["data"]["SKIP_AUTH_URI"].split())
    return found


def read() -> dict[str, Way]:
    found: dict[str, Way] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def draw(release: str, way: Way, dashboard: Mapping[str, Any]) -> str:
    """:arg dashboard: of the release's file."""
    routes = way["routes"]
    dex = next(prefix for prefix in routes if prefix.startswith("/dex"))
    applications = [prefix for prefix in routes if prefix != dex and routes[prefix]["service"] != way["login"]["service"]]
    middle = 130
    shapes = [text(20, 34, f"The way of a request in Kubeflow {release}", size=18)]
    shapes += [
        *node(20, middle - 30, 120, "Browser", "any page"),
        *node(230, middle - 30, 190, dashboard["service"], f"in {dashboard['namespace']}", "one"),
    ]
    shapes += [line((140, middle), (228, middle), arrow=True), text(184, middle - 8, "1", anchor="middle", colour="faint")]
    shapes += [text(325, middle + 48, f"Gateway {way['gateway']}", size=11, colour="faint", anchor="middle")]
    login, below = way["login"], middle + 130
    shapes += node(230, below - 30, 190, login["service"].split("/")[1], f"in {login['service'].split('/')[0]}", "three")
    shapes += [
        line((300, middle + 56), (300, below - 32), arrow=True),
        text(288, (middle + below) / 2 + 18, "2", anchor="middle", colour="faint"),
    ]
    shapes += [
        line((350, below - 32), (350, middle + 56), arrow=True),
        text(362, (middle + below) / 2 + 18, "4", anchor="middle", colour="faint"),
    ]
    service = routes[dex]["service"]
    last = below + 120
    shapes += node(230, last - 30, 190, service.split("/")[1], f"in {service.split('/')[0]}, path {dex}", "three")
    shapes += [line((325, below + 30), (325, last - 32), arrow=True), text(337, (below + last) / 2 + 4, "3", colour="faint")]
    shapes += node(20, last - 30, 120, "Browser", "types the login")
    shapes += [line((228, last), (142, last), arrow=True)]
    shapes += legend(last + 58, way)
    x, top = 520, 80
    shapes += [text(x + 95, top - 14, "path", size=11, colour="faint"), text(x + 242, top - 14, "service (part)", size=11, colour="faint")]
    bottom = top + 34 * (len(applications) - 1) + 14
    shapes += [
        line((420, middle), (x, middle)),
        line((x, top + 14), (x, bottom)),
        text(470, middle - 8, "5", anchor="middle", colour="faint"),
    ]
    for place, prefix in enumerate(applications):
        y = top + 34 * place
        shapes.append(line((x, y + 14), (x + 88, y + 14), arrow=True))
        shapes.append(text(x + 95, y + 18, prefix, size=12, font="mono"))
        shapes.append(box(x + 234, y, 390, 28, fill="two"))
        name, part = routes[prefix]["service"].split("/")[1], routes[prefix]["part"]
        shapes.append(text(x + 244, y + 18.5, f"{name} ({part})", size=12))
    return picture(x + 650, max(bottom + 40, last + 58 + 20 * 5 + 10), f"From the browser to an application, Kubeflow {release}", shapes)


def node(x: float, y: float, width: float, name: str, where: str, fill: str = "box") -> list[str]:
    centre = x + width / 2
    return [
        box(x, y, width, 60, fill=fill),
        text(centre, y + 26, name, anchor="middle"),
        text(centre, y + 45, where, size=11, colour="faint", anchor="middle"),
    ]


def legend(y: float, way: Way) -> list[str]:
    words = [
        "1  a request with its cookie reaches the gateway",
        f"2  the gateway asks the login service ({way['login']['by']})",
        "3  who is not logged in is sent to the identity provider, and comes back with a cookie",
        f"4  who is gets header {way['user']}, by which all applications know the user",
        f"5  VirtualServices choose the application; without a login pass {', '.join(way['login']['open'])}",
    ]
    return [text(20, y + 20 * place, line_, size=12) for place, line_ in enumerate(words)]


def main(plan: Path) -> None:
    index = json.loads((plan / "plan.json").read_text(encoding="utf-8"))
    parts = {name: json.loads((plan / name / "objects.json").read_text(encoding="utf-8")) for name in index["parts"]}
    ways = {**(read() if FILE.exists() else {}), index["release"]: way_of(parts)}
    FILE.write_text(json.dumps(dict(sorted(ways.items())), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
