# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of real runs: written after each, also after one that failed, for its owner alone and without a credential."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from conftest import DEFAULT_RELEASE, RELEASES, ROOT, SpareCluster, inventory, run_playbook

SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text())
PARTS = ["kubeflow_roles", "cert_manager"]
# Names of field managers are the text that a user may choose most freely, and the API server repeats them.
MANAGER = "<script>document.title=1</script>"


def report_of(folder: Path) -> tuple[dict[str, Any], str]:
    """Both files of the last run in a work directory, which are whole and private."""
    files = [folder / name for name in ("report.json", "report.html")]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600]
    assert not list(folder.glob(".report*"))
    document = json.loads(files[0].read_text())
    jsonschema.validate(document, SCHEMA)
    return document, files[1].read_text()


def hosts_of(folder: Path, hosts: dict[str, dict[str, Any]], **variables: Any) -> Path:
    """An inventory of several clusters, each with a work directory of its name: many cases in one run."""
    path = inventory(folder, "mine", kubeflow_work_directory=f"{folder}/{{{{ inventory_hostname }}}}", **variables)
    document = yaml.safe_load(path.read_text())
    document["kubeflow"]["hosts"] = hosts
    path.write_text(yaml.safe_dump(document))
    return path


def test_after_an_install_a_second_run_and_a_refusal(spare: SpareCluster, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig=str(spare.kubeconfig), kubeflow_parts=PARTS)
    played = run_playbook("-i", hosts, "site.yml")
    assert played.returncode == 0, played.output
    assert f"Report: {tmp_path / 'work' / 'report.html'}" in played.output
    report, html = report_of(tmp_path / "work")
    assert report["verdict"]["state"] == "ready"
    assert ">Everything is ready.</h1>" in html
    assert {part["name"]: part["state"] for part in report["parts"]} == dict.fromkeys(PARTS, "ready")
    assert report["run"]["changed"]
    assert report["run"]["phases"] == ["release", "render", "preflight", "apply", "ready", "report"]
    assert (report["release"], report["cluster"]["host"]) == (DEFAULT_RELEASE, spare.client.host)
    # Three nodes of the embedded cluster, as its role's documentation has them.
    assert report["cluster"]["nodes"]["allocatable"] == {"cpu": 96.0, "memory": 3 * 256 * 1024**3, "pods": 330}
    assert report["requests"]["pods"] == 3
    assert [phase["phase"] for phase in report["timeline"]["phases"]][:3] == ["release", "render", "preflight"]
    assert all(0 <= phase["began"] <= phase["ended"] <= report["run"]["seconds"] for phase in report["timeline"]["phases"])
    assert {check["result"] for check in report["preflight"]} == {"pass"}
    versions = {version["name"]: version["version"] for version in report["versions"]}
    assert versions["kustomize"] == RELEASES[DEFAULT_RELEASE]["kustomize"]
    assert versions["Kubernetes"] == report["cluster"]["kubernetes_version"]

    again = run_playbook("-i", hosts, "site.yml")
    assert again.returncode == 0, again.output
    assert again.recap["changed"] == 0
    quiet, _html = report_of(tmp_path / "work")
    assert quiet["run"]["began"] > report["run"]["began"]
    assert not quiet["run"]["changed"]
    assert {part["unchanged"] for part in quiet["parts"]} == {part["objects"] for part in report["parts"]}

    # Somebody else takes a field, and the API server names them when it refuses ours.
    role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-view"
    spare.patch(role, {"metadata": {"labels": {"rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit": "theirs"}}}, manager=MANAGER)
    try:
        refused = run_playbook("-i", hosts, "site.yml", "--check")
    finally:
        spare.delete(role)
    assert refused.returncode == 2
    assert "1 objects would not be applied" in refused.words
    report, html = report_of(tmp_path / "work")
    assert (report["verdict"]["state"], report["run"]["check_mode"]) == ("refused", True)
    assert report["verdict"]["text"] == "1 object would not be applied."
    assert MANAGER in report["refused"][0]["message"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert f"Report: {tmp_path / 'work' / 'report.html'}" in refused.output


def test_a_refused_cluster_and_a_plan_that_does_not_render_have_reports(spare: SpareCluster, tmp_path: Path) -> None:
    hosts = {"refused": {"kubeflow_release": "v1.4.0"}, "unrendered": {}}
    path = hosts_of(tmp_path, hosts, kubeflow_kubeconfig=str(spare.kubeconfig), kubeflow_parts=["kubeflow_roles"])
    # In the way of the plan.
    (tmp_path / "unrendered").mkdir()
    (tmp_path / "unrendered/plan").touch()
    # One after the other, as they are one cluster.
    for host in hosts:
        played = run_playbook("-i", path, "site.yml", "--limit", host)
        assert played.returncode == 2
        assert re.search(rf"^{host} +:.* changed=0 .* failed=1 .* rescued=1 ", played.output, re.MULTILINE), played.output
    report, html = report_of(tmp_path / "refused")
    assert report["verdict"] == {
        "state": "stopped",
        "good": False,
        "text": "Preflight refuses this cluster.",
        "detail": "The cluster was not touched.",
    }
    assert [check["check"] for check in report["preflight"] if check["result"] == "fail"] == ["kubernetes_version"]
    assert "needs 1.18 to 1.21" in html

    report, html = report_of(tmp_path / "unrendered")
    assert (report["verdict"]["text"], report["run"]["failed_phase"]) == ("The plan does not render.", "render")
    assert "Phase render failed" in html
    assert str(tmp_path / "unrendered/plan") in report["run"]["failed_message"]
    assert report["requests"] is None


def test_it_says_where_credentials_are_and_never_what_they_are(tmp_path: Path) -> None:
    user = {"email": "me@example.com", "hash": "$2y$10$abcdefghijklmnopqrstuuHsQqV0Q5c6YIaSQzpeo1NoKJUCsgYRW"}
    ways: dict[str, tuple[dict[str, Any], str]] = {
        "upstreams": ({}, "with upstream's default password (change it"),
        "ours": ({"dex_users": [user]}, "http://localhost:8080"),
    }
    hosts = {
        f"{way}-{release}": {"kubeflow_release": release, **variables} for release in RELEASES for way, (variables, _words) in ways.items()
    }
    path = hosts_of(tmp_path, hosts, kubeflow_kubeconfig="/nonexistent", kubeflow_parts=["central_dashboard", "dex"])
    played = run_playbook("-i", path, "site.yml", "--tags", "release,render,report")
    assert played.returncode == 0, played.output
    for host in hosts:
        way, release = host.split("-", 1)
        report, html = report_of(tmp_path / host)
        assert report["verdict"]["state"] == "rendered"
        assert ways[way][1] in report["dashboard"]["login"]
        assert "port-forward svc/istio-ingressgateway 8080:80" in report["dashboard"]["command"]
        assert "Secret auth/dex-oidc-client" in {credential["object"] for credential in report["credentials"]}
        secrets = {user["hash"], RELEASES[release]["dashboard"]["password"], *secret_data(tmp_path / host / "plan")}
        assert len(secrets) > 3
        for text in (json.dumps(report), html):
            assert not [secret[:6] for secret in secrets if secret in text]


def secret_data(plan: Path) -> set[str]:
    """What the Secrets of the plan hold, but for words like root."""
    objects = [item for part in plan.glob("*/objects.json") for item in json.loads(part.read_text())]
    return {
        value
        for item in objects
        if item["kind"] == "Secret"
        for value in (item.get("data") or {}).values()
        if re.fullmatch(r".{12,}", value)
    }


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/report.json").mkdir()
    hosts = inventory(tmp_path, "mine", kubeflow_kubeconfig="/nonexistent", kubeflow_parts=["kubeflow_roles"])
    played = run_playbook("-i", hosts, "site.yml", "--tags", "release,report")
    assert played.returncode == 0, played.output
    assert "The report cannot be written:" in played.words
    assert "Report: " not in played.output
