# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""site.yml and the parts' roles, run as a user runs them: what is said when the input is wrong, and one part alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DEFAULT_RELEASE, RELEASES, Cluster, inventory, run_playbook

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan

RELEASE = RELEASES[DEFAULT_RELEASE]


def closure(*names: str) -> set[str]:
    """What these parts require, with them; written another way than the collection does it."""
    found = set(names)
    while more := {needed for name in found for needed in RELEASE["parts"][name]["requires"]} - found:
        found |= more
    return found


def test_a_wrong_setting_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """Each on a host of its own, all in one run."""
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "unknown-release": (
            {"kubeflow_release": "26.30"},
            "'26.30' is not a release of Kubeflow that can be installed; there are 26.03, v1.4.0",
        ),
        "number": ({"kubeflow_release": 26.10}, "kubeflow_release is the number 26.1: write it in quotes"),
        "unknown-part": ({"kubeflow_parts": ["katbi"]}, "'katbi' is not a part of this release; did you mean 'katib'?"),
        "no-such-part": ({"kubeflow_parts": "katib,nothing-like-it"}, "'nothing-like-it' is not a part of this release; known are:"),
        "no-number": ({"kubeflow_timeout": "soon"}, "kubeflow_timeout is 'soon', and a whole number is meant"),
    }
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig="/nonexistent")
    document = yaml.safe_load(hosts.read_text())
    document["kubeflow"]["hosts"] = {name: variables for name, (variables, _words) in wrong.items()}
    hosts.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "site.yml")
    assert played.returncode == 2
    for name, (_variables, words) in wrong.items():
        assert words in played.words
        assert re.search(rf"^{name} +:.* changed=0 .* failed=1 ", played.output, re.MULTILINE), played.output
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tags", "katbi"], "'katbi' is not a part or phase of this release; did you mean 'katib'?"),
        (["--tags", "katib", "--skip-tags", "istio"], "'istio' is skipped, but 'katib' requires it"),
    ],
)
def test_a_wrong_tag_is_refused_before_anything_is_done(tmp_path: Path, arguments: list[str], words: str) -> None:
    played = run_playbook("-i", inventory(tmp_path, "mine", kubeflow_kubeconfig="/nonexistent"), "site.yml", *arguments)
    assert played.returncode == 2
    assert words in played.words
    assert played.recap["changed"] == 0
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("arguments", [["site.yml"], ["site.yml", "--limit", "machine"], ["playbooks/cluster.yml", "--limit", "machine"]])
def test_an_inventory_without_the_group_fails_loudly(tmp_path: Path, arguments: list[str]) -> None:
    hosts = tmp_path / "hosts.yml"
    hosts.write_text(yaml.safe_dump({"machines": {"hosts": {"machine": {"ansible_connection": "local"}}}}))
    played = run_playbook("-i", hosts, *arguments)
    assert played.returncode != 0, played.output
    assert "The inventory has no group 'kubeflow'" in played.words


def test_a_cluster_that_is_not_named_or_not_there_is_not_touched(cluster: Cluster, tmp_path: Path) -> None:
    """KUBECONFIG is set, and does not count."""
    hosts = inventory(tmp_path, "mine", kubeflow_work_directory=f"{tmp_path}/{{{{ inventory_hostname }}}}")
    document = yaml.safe_load(hosts.read_text())
    document["kubeflow"]["hosts"] = {"unnamed": {}, "missing": {"kubeflow_kubeconfig": "/nonexistent/kubeconfig"}}
    hosts.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "site.yml", "--tags", "kubeflow_roles", env={"KUBECONFIG": str(cluster.kubeconfig)})
    assert played.returncode == 2
    assert "kubeconfig /nonexistent/kubeconfig does not exist. Set kubeflow_kubeconfig" in played.words
    assert "No cluster is named. Set kubeflow_kubeconfig" in played.words
    assert "Apply the plan" not in played.output


def test_a_tag_of_a_phase_stops_there(tmp_path: Path) -> None:
    """The plan without a cluster."""
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig="/nonexistent", kubeflow_parts=["kubeflow_roles"])
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render")
    assert played.returncode == 0, played.output
    assert json.loads((tmp_path / "work/plan/plan.json").read_text()) == {
        "release": DEFAULT_RELEASE,
        "parts": ["kubeflow_roles"],
        "provided": [],
        "digest": load_plan(tmp_path / "work/plan").digest,
    }
    assert "Check the cluster" not in played.output
    assert played.recap["changed"] == 0


def test_a_parts_role_alone_brings_exactly_what_it_requires(cluster: Cluster, tmp_path: Path) -> None:
    """From a playbook of the user's own, whose own tags are not names of parts; and --check writes nothing."""
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig=str(cluster.kubeconfig))
    task = {"ansible.builtin.include_role": {"name": "mlplatform.kubeflow.katib", "apply": {"tags": ["mine"]}}, "tags": ["mine"]}
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "kubeflow", "gather_facts": False, "tasks": [task]}]))
    namespaces = {item["metadata"]["name"] for item in (cluster.get("/api/v1/namespaces") or {})["items"]}
    played = run_playbook("-i", hosts, playbook, "--check", "--tags", "mine")
    assert played.returncode == 0, played.output
    assert set(json.loads((tmp_path / "work/plan/plan.json").read_text())["parts"]) == closure("katib")
    assert {item["metadata"]["name"] for item in (cluster.get("/api/v1/namespaces") or {})["items"]} == namespaces
    assert "Would be applied" in played.words
    assert "for katib" in played.words


def test_the_reports_commands_are_on_a_line_of_their_own(tmp_path: Path) -> None:
    """However long they are, and whichever way results are shown."""
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig="/nonexistent", kubeflow_parts="central_dashboard")
    for shown in ("yaml", "json"):
        played = run_playbook("-i", hosts, "site.yml", "--tags", "release,report", env={"ANSIBLE_CALLBACK_RESULT_FORMAT": shown})
        assert played.returncode == 0, played.output
        assert re.search(r"^ +\"?Open the dashboard: kubectl .* port-forward svc/[a-z-]+ 8080:80\"?,?$", played.output, re.MULTILINE)
        assert "\\n" not in played.output


def test_the_report_names_upstreams_login_only_where_it_works(tmp_path: Path) -> None:
    """Each on a host of its own; the report alone needs no cluster."""
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig="/nonexistent", kubeflow_parts=["central_dashboard", "dex"])
    document = yaml.safe_load(hosts.read_text())
    user = {"email": "me@example.com", "hash": "$2y$10$abcdefghijklmnopqrstuuHsQqV0Q5c6YIaSQzpeo1NoKJUCsgYRW"}
    works: dict[str, dict[str, Any]] = {
        "default": {},
        "none": {"dex_enable_password_db": None},
        "true": {"dex_enable_password_db": True},
        "text": {"dex_enable_password_db": "yes"},
    }
    does_not: dict[str, dict[str, Any]] = {
        "false": {"dex_enable_password_db": False},
        "no": {"dex_enable_password_db": "no"},
        "users": {"dex_users": [user]},
    }
    document["kubeflow"]["hosts"] = {**works, **does_not}
    hosts.write_text(yaml.safe_dump(document))
    played = run_playbook("-i", hosts, "site.yml", "--tags", "release,report", env={"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"})
    assert played.returncode == 0, played.output
    reports = dict(re.findall(r"^ok: \[(\w+)\] => \{\s+\"msg\": \[([^\]]*http://localhost:8080[^\]]*)\]", played.output, re.MULTILINE))
    assert set(reports) == {*works, *does_not}
    assert {name for name, report in reports.items() if "user@example.com with upstream's default password" in report} == set(works)


def test_role_kubeflow_installs_what_is_chosen(cluster: Cluster, tmp_path: Path) -> None:
    """Also beside a part's role, which depends on it for its settings, and whichever of them comes first."""
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig=str(cluster.kubeconfig), kubeflow_parts=["kubeflow_roles"])
    for roles in (["kubeflow"], ["kubeflow_namespace", "kubeflow"], ["kubeflow", "kubeflow_namespace"]):
        playbook = tmp_path / "play.yml"
        names = [f"mlplatform.kubeflow.{name}" for name in roles]
        playbook.write_text(yaml.safe_dump([{"hosts": "kubeflow", "gather_facts": False, "roles": names}]))
        played = run_playbook("-i", hosts, playbook, "--check")
        assert played.returncode == 0, played.output
        found = re.findall(r"Kubeflow 26\.03: \d+ parts? asked for \(([a-z_, ]+)\)", played.words)
        assert found == ["kubeflow_roles" if name == "kubeflow" else name for name in roles]
        assert played.words.count("Would be applied") == len(roles)


def test_a_release_for_another_kubernetes_is_refused_before_binaries_are_got(cluster: Cluster) -> None:
    """Which may take minutes to build."""
    state = {"XDG_STATE_HOME": str(cluster.kubeconfig.parent / "state")}
    played = run_playbook("-i", cluster.hosts, "playbooks/cluster.yml", "-e", "kubeflow_release=v1.4.0", env=state)
    assert played.returncode == 2
    assert "exists with Kubernetes 1.34.4, 1.21.14 is wanted, and a cluster's version is never changed. Remove it" in played.words
    assert "make clean" in played.words
    assert "Get the binaries" not in played.output
    assert played.recap["changed"] == 0
