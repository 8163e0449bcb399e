# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings as AWX surveys, INI inventories and C(-e name=value) give them: the plan is that of the same settings as data."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Played, inventory, run_playbook

Thing = dict[str, Any]
PARTS = ["dex", "oauth2_proxy", "kubeflow_istio_resources", "spark_operator", "knative_serving", "notebook_controller", "jupyter_web_app"]
DATA: Thing = {
    "kubeflow_labels": {"team": "ml", "answer": "yes"},
    "kubeflow_workloads": [
        {"name": "dex", "replicas": 2, "node_selector": {"pool": "ml"}},
        {"name": "oauth2-proxy", "priority_class": "high"},
    ],
    "kubeflow_resources": "none",
    "dex_env_from_secrets": ["dex-github"],
    "dex_connectors": [{"type": "github", "id": "github", "name": "GitHub", "config": {"clientID": "$GITHUB_CLIENT_ID"}}],
    "oauth2_proxy_scopes": ["openid", "email"],
    "oauth2_proxy_secure_cookies": True,
    "oauth2_proxy_allow_self_signed_issuer": True,
    "kubeflow_istio_resources_hosts": ["kubeflow.example.com", "models.example.com"],
    "istio_gateway_load_balancer_source_ranges": ["192.0.2.0/24"],
    "istio_proxy_log_level": "off",
    "spark_operator_job_namespaces": ["team-a", "team-b"],
    "spark_operator_controller_threads": 20,
    "knative_serving_registries_skipping_tag_resolving": ["registry.example.com"],
    "knative_serving_podspec_features": ["affinity"],
    "notebook_controller_culling": True,
    "notebook_controller_idle_minutes": 60,
    "jupyter_web_app_secure_cookies": True,
    "jupyter_web_app_cpu": {"value": "0.5", "limit_factor": "none"},
}
BOOLEANS = {True: "yes", False: "off"}


def as_text(value: Any) -> str:
    """The most careless text of a value."""
    if isinstance(value, bool):
        return BOOLEANS[value]
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ",".join(value)
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else str(value)


def plan_of(folder: Path) -> dict[str, Any]:
    return {path.parent.name: json.loads(path.read_text()) for path in (folder / "work/plan").glob("*/objects.json")}


def render(folder: Path, *arguments: str | Path) -> Played:
    return run_playbook(*arguments, "site.yml", "--tags", "render")


def refused(played: Played) -> str:
    assert played.returncode == 2, played.output
    assert "Traceback" not in played.output
    return played.words


@pytest.fixture(scope="module")
def meant(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plan of the settings as data."""
    folder = tmp_path_factory.mktemp("data")
    played = render(folder, "-i", inventory(folder, "data", kubeflow_parts=PARTS, **DATA))
    assert played.returncode == 0, played.output
    plan = plan_of(folder)
    assert {"dex", "istio", "spark_operator"} <= set(plan)
    return plan


def test_as_text_of_an_ini_inventory(meant: dict[str, Any], tmp_path: Path) -> None:
    texts = {"kubeflow_work_directory": str(tmp_path / "work"), "kubeflow_parts": ",".join(PARTS)}
    texts |= {name: as_text(value) for name, value in DATA.items()}
    lines = [f"{name}={text!r}" if re.search(r"[\[{,]", text) else f"{name}={text}" for name, text in texts.items()]
    hosts = tmp_path / "hosts.ini"
    head = ["[kubeflow]", "ini", "[kubeflow:vars]", "ansible_connection=local", f"ansible_python_interpreter={sys.executable}"]
    hosts.write_text("\n".join([*head, *lines]) + "\n")
    played = render(tmp_path, "-i", hosts)
    assert played.returncode == 0, played.output
    assert plan_of(tmp_path) == meant


def test_as_text_of_the_command_line(meant: dict[str, Any], tmp_path: Path) -> None:
    texts = [f"-e{name}='{as_text(value)}'" for name, value in {"kubeflow_parts": PARTS, **DATA}.items()]
    played = render(tmp_path, "-i", inventory(tmp_path, "line"), *texts)
    assert played.returncode == 0, played.output
    assert plan_of(tmp_path) == meant


def test_as_one_text_of_a_survey(meant: dict[str, Any], tmp_path: Path) -> None:
    """What AWX writes: unsafe text, and empty text for what was not answered."""
    answers = tmp_path / "answers.yml"
    empty = "".join(f"{name}: !unsafe ''\n" for name in ("kubeflow_labels", "kubeflow_mirror", "kubeflow_timeout", "kubeflow_context"))
    text = yaml.safe_dump({**DATA, "kubeflow_parts": PARTS})
    answers.write_text(f"kubeflow_settings: !unsafe {json.dumps(text)}\nkubeflow_release: !unsafe '26.03'\n{empty}")
    played = render(tmp_path, "-i", inventory(tmp_path, "survey"), "-e", f"@{answers}")
    assert played.returncode == 0, played.output
    assert plan_of(tmp_path) == meant


def test_a_parts_role_alone_reads_them_the_same(meant: dict[str, Any], tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "role", **{name: as_text(value) for name, value in DATA.items() if name.startswith("kubeflow_")})
    tasks = [{"ansible.builtin.include_role": {"name": "mlplatform.kubeflow.install", "apply": {"tags": ["always"]}}, "tags": ["always"]}]
    variables = {"__kubeflow_run_tags": ["render"], "kubeflow_parts": PARTS}
    variables |= {name: as_text(value) for name, value in DATA.items() if not name.startswith("kubeflow_")}
    play = {"hosts": "kubeflow", "gather_facts": False, "vars": variables, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    played = run_playbook("-i", hosts, tmp_path / "play.yml")
    assert played.returncode == 0, played.output
    assert plan_of(tmp_path) == meant


def test_a_text_that_looks_like_something_else_reaches_the_object_as_it_is(tmp_path: Path) -> None:
    """And one that looks like a template is not templated where it is unsafe."""
    variables = tmp_path / "variables.yml"
    variables.write_text(
        'katib_database_secret: "007"\nkatib_database_name: "1e3"\nkatib_database_host: !unsafe "{{ undefined }}"\n'
        'kubeflow_labels: {number: "007"}\nkubeflow_annotations: {text: !unsafe "{{ undefined }}", truth: "y"}\n'
        "central_dashboard_logout_url: !unsafe \"/a: b # {{ 7 * 6 }} $x 'q' é\"\n"
    )
    hosts = inventory(tmp_path, "nasty", kubeflow_parts=["katib", "central_dashboard"])
    played = render(tmp_path, "-i", hosts, "-e", f"@{variables}")
    assert played.returncode == 0, played.output
    plan = plan_of(tmp_path)
    env = {entry["name"]: entry for entry in container(plan["katib"], "katib-db-manager")["env"]}
    assert env["DB_USER"]["valueFrom"]["secretKeyRef"]["name"] == "007"
    assert env["KATIB_MYSQL_DB_DATABASE"]["value"] == "1e3"
    assert env["KATIB_MYSQL_DB_HOST"]["value"] == "{{ undefined }}"
    for item in (item for objects in plan.values() for item in objects):
        assert item["metadata"]["labels"]["number"] == "007"
        assert {**item["metadata"]["annotations"], "text": "{{ undefined }}", "truth": "y"} == item["metadata"]["annotations"]
    env = {entry["name"]: entry for entry in container(plan["central_dashboard"], "centraldashboard")["env"]}
    assert env["LOGOUT_URL"]["value"] == "/a: b # {{ 7 * 6 }} $x 'q' é"


def container(objects: list[Thing], deployment: str) -> Thing:
    """The container of a Deployment that has its name."""
    (found,) = (item for item in objects if item["kind"] == "Deployment" and item["metadata"]["name"] == deployment)
    (one,) = (one for one in found["spec"]["template"]["spec"]["containers"] if one["name"] == deployment)
    return dict(one)


def test_what_is_not_meant_is_refused_in_a_line_each_and_without_a_dump_of_the_spec(tmp_path: Path) -> None:
    wrong: dict[str, tuple[Thing, str]] = {
        "label": ({"kubeflow_labels": {"team": 7}}, "kubeflow_labels.team is the number 7, and text is meant: write it in quotes"),
        "selector": (
            {"kubeflow_workloads": [{"node_selector": {"gpu": True}}]},
            "kubeflow_workloads[0].node_selector.gpu is true, and text is meant: write it in quotes",
        ),
        "secret": ({"katib_database_secret": 7}, "katib_database_secret is the number 7, and text is meant: write it in quotes"),
        "structure": ({"katib_suggestions": "enas"}, "katib_suggestions is text that holds no list: a list is meant"),
        "release": (
            {"kubeflow_release": "v1.10.2"},
            "'v1.10.2' is not a release of Kubeflow that can be installed; there are 26.03, v1.4.0",
        ),
        "bundle": ({"kubeflow_settings": "katib_databse_host: x"}, "did you mean 'katib_database_host'?"),
        "undefined": ({"katib_database_host": "{{ nowhere }}"}, "katib_database_host: 'nowhere' is undefined"),
        "together": ({"kubeflow_parts": ["dex"], "dex_issuer": "http://x"}, "dex_issuer has to be an address that ends in /dex"),
        "elsewhere": (
            {"kubeflow_release": "v1.4.0", "kubeflow_parts": ["kubeflow_namespace"], "kubeflow_namespace_pod_security": "baseline"},
            "kubeflow_namespace_pod_security: release v1.4.0 has nothing that it could change; 26.03 has",
        ),
    }
    hosts = inventory(tmp_path, "mine", kubeflow_parts=["katib"])
    document = yaml.safe_load(hosts.read_text())
    document["kubeflow"]["hosts"] = {name: variables for name, (variables, _words) in wrong.items()}
    hosts.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render", "--forks", "2")
    # Where a message is shown as YAML, its quotes are doubled.
    words = refused(played).replace("''", "'")
    for _variables, expected in wrong.values():
        assert expected in words
    assert played.output.count("failed=1 ") == len(wrong)
    assert "argument_spec" not in played.output
    assert not (tmp_path / "work").exists()


def test_settings_without_effect_are_said_and_what_nobody_set_is_not(tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "mine", kubeflow_parts="kubeflow_roles", dex_connectors=DATA["dex_connectors"], kubeflow_of_mine=1)
    played = run_playbook("-i", hosts, "site.yml", "--tags", "release")
    assert played.returncode == 0, played.output
    assert "dex_connectors is set, and dex is not chosen: no effect" in played.words
    assert re.findall(r"Variables that are no settings[^:]*: (\w+)", played.output) == ["kubeflow_of_mine"]
    assert played.output.count("no effect") == 1


def test_tags_are_those_of_parts_and_phases(tmp_path: Path) -> None:
    listed = run_playbook("-i", inventory(tmp_path, "mine"), "site.yml", "--list-tags")
    (tags,) = re.findall(r"TASK TAGS: \[(.*)\]", listed.output)
    parts = {name for path in Path(__file__).parents[2].glob("roles/kubeflow/vars/releases/*.yml") for name in release_parts(path)}
    assert set(tags.split(", ")) == {*parts, "always", "release", "render", "preflight", "apply", "ready", "report"}


def release_parts(path: Path) -> list[str]:
    return list(yaml.safe_load(path.read_text())["__kubeflow_release"]["parts"])


def test_a_run_prints_a_task_a_part_and_few_more(tmp_path: Path) -> None:
    played = render(tmp_path, "-i", inventory(tmp_path, "mine"))
    assert played.returncode == 0, played.output
    # And one each for preflight, apply, ready and report.
    assert played.output.count("\nTASK [") + 4 <= 45
    assert played.output.count(": Plan ") == len(json.loads((tmp_path / "work/plan/plan.json").read_text())["parts"]) > 20
