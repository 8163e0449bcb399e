# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a diagnosis looks like for people, how large it may be, and what is in the archive."""

from __future__ import annotations

import json
import stat
import tarfile
from dataclasses import asdict
from pathlib import Path

from diagnosis.cases import CASES, called, without_pods
from diagnosis.test_causes import without_token_request
from diagnosis.world import LONG_AGO, READ, World

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.bundle import write_bundle
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.causes import diagnose
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.events import event_of, kept_events, merged
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.finding import Diagnosis, Finding, Unexplained
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.fit import LIMIT, fitted, size_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.redact import Redactor
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.repair import repairs
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.rule import RULES
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.rules import RULES as COMPLETE
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.text import text_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan


def test_a_screen_says_cause_remedy_and_evidence_first_and_what_follows_below() -> None:
    text = text_of(diagnose(without_token_request().evidence(), RULES.values()))
    lines = text.splitlines()
    assert lines[0] == "1 cause found:"
    assert lines[2].startswith("1. The API server issues no tokens for pods")
    assert "mlplatform.kubeflow.nodes --tags apiserver_patch" in lines[3]
    assert "lists no serviceaccounts/token" in text
    assert "Behind it wait 4 other objects." in text
    assert text.index("What follows from it") < text.index("ConfigMap istio-ca-root-cert") < text.index("no reinstall is needed") + 4000
    assert RULES is COMPLETE


def test_a_screen_without_findings_says_so() -> None:
    assert text_of(Diagnosis()) == "Nothing is wrong that is known here: what is not ready yet is on its way."
    odd = text_of(Diagnosis([], [Unexplained("Deployment a/b", ["Pod a/b-x: odd"])], ["logs could not be read"]))
    assert odd.splitlines()[1:] == [
        "Not explained by anything known here (1 object):",
        "  Deployment a/b",
        "    Pod a/b-x: odd",
        "",
        "Not seen: logs could not be read",
    ]


def test_a_screen_of_a_cluster_without_a_known_kubeflow_does_not_say_that_all_is_well() -> None:
    assert text_of(Diagnosis(), "There is no Kubeflow.") == "There is no Kubeflow."
    assert text_of(Diagnosis([Finding("r", "Cause.", "Remedy.")]), "There is no Kubeflow.").startswith("1 cause found:")


def test_the_largest_diagnosis_fits() -> None:
    line = "x" * 600
    consequences = [Finding(f"c{number}", line, line, [line] * 6, [f"Deployment a/{number}"] * 21) for number in range(30)]
    findings = [Finding(f"r{number}", line, line, [line] * 6, ["Deployment a/b"] * 21, consequences=consequences) for number in range(60)]
    large = Diagnosis(findings, [Unexplained(f"Deployment a/{number}", [line] * 10) for number in range(60)])
    small = fitted(large)
    assert size_of(small) <= LIMIT + 200
    assert len(text_of(small)) < 64 * 1024
    assert "were left out" in small.gaps[0]
    assert small.findings and small.findings[0].rule == "r0"
    assert fitted(small) == small or size_of(fitted(small)) <= LIMIT


def test_a_small_diagnosis_is_left_as_it_is() -> None:
    diagnosis = diagnose(without_token_request().evidence(), RULES.values())
    assert size_of(fitted(diagnosis)) > 0.7 * size_of(diagnosis)
    assert [asdict(one)["rule"] for one in fitted(diagnosis).findings] == ["token_request"]


def test_the_archive_is_private_the_same_each_time_and_holds_the_evidence_without_secrets(tmp_path: Path) -> None:
    world = without_token_request()
    owner = world.workload("leaky", env=[])
    world.objects[owner]["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": "hunter22"}]
    world.crashing(owner, "connecting to https://me:hunter22@db.example.com and Authorization: Bearer hunter22")
    world.add("", "Secret", "kubeflow", "mine")
    evidence = world.evidence()
    diagnosis = diagnose(evidence, RULES.values())
    for name in ("one.tar.gz", "two.tar.gz"):
        write_bundle(tmp_path / "new" / name, evidence, diagnosis, {"release": "v1.4.0"}, Redactor(["kubeconfigs-token"]))
    one, two = (tmp_path / "new" / name for name in ("one.tar.gz", "two.tar.gz"))
    assert one.read_bytes() == two.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    with tarfile.open(one) as archive:
        files = {entry.name.removeprefix("kubeflow-support/"): archive.extractfile(entry).read().decode() for entry in archive}  # type: ignore[union-attr]
        assert all(entry.mode == 0o600 and not entry.name.startswith("/") for entry in archive.getmembers())
    assert {"about.json", "diagnosis.json", "events.json", "objects/names.json", "objects/kubeflow/Deployment.apps.json"} <= set(files)
    assert json.loads(files["objects/names.json"])["Secret"] == ["kubeflow/mine"]
    assert "hunter22" not in "".join(files.values())
    assert "logs/kubeflow/leaky-x.main.log" in files
    assert "token_request" in files["diagnosis.json"]


def test_events_are_read_in_both_forms_and_a_line_that_is_not_ended_is_left_out(tmp_path: Path) -> None:
    about = {"apiVersion": "v1", "kind": "Pod", "namespace": "a", "name": "p"}
    old = {"metadata": {"uid": "u"}, "involvedObject": about, "reason": "FailedMount", "message": "m", "type": "Warning", "count": 2}
    old |= {"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:01:00Z"}
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(old) + "\n[1]\nnull\n" + json.dumps(old)[:40])
    (kept,) = kept_events(path)
    assert (kept.about, kept.reason, kept.last - kept.first) == (Key("", "Pod", "a", "p"), "FailedMount", 60.0)
    series = {"series": {"count": 5, "lastObservedTime": "2026-01-01T00:05:00.000000Z"}, "eventTime": "2026-01-01T00:02:00.000000Z"}
    new = event_of({**old, "firstTimestamp": None, "lastTimestamp": None, **series})
    assert (new.count, new.last - new.first) == (5, 180.0)
    (both,) = merged([new, kept])
    assert (both.count, both.first, both.last) == (5, kept.first, new.last)
    assert kept_events(tmp_path / "none") == []


def test_safe_repairs_are_chosen_and_nothing_else() -> None:
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "cert-generator", "namespace": "kubeflow"}, "spec": {}}
    passing = {**job, "metadata": {**job["metadata"], "name": "passing"}, "spec": {"ttlSecondsAfterFinished": 600}}  # type: ignore[dict-item]
    plan = Plan("test", (Part("katib", (job, passing)),))
    found: dict[str, list[tuple[str, str, str]]] = {}
    # Each on a cluster of its own: several of them are about the same workload.
    for name in ("create_back_off", "istio_validation", "job_failed", "image_gone", "sidecar_missing"):
        world = World(read=READ | {("batch", "Job", "kubeflow")})
        CASES[name][0].fault(world, LONG_AGO)
        evidence = world.evidence()
        found[name] = [(one.what, str(one.object), one.why) for one in repairs(evidence, diagnose(evidence, RULES.values()), plan)]
    missing = ("create", "Job kubeflow/cert-generator", "job_missing")
    assert found == {
        "create_back_off": [("restart", "Deployment kubeflow/web", "create_back_off"), missing],
        "istio_validation": [("delete", "Pod kubeflow/web-x", "istio_validation"), missing],
        "job_failed": [("create", "Job kubeflow/cert-generator", "job_failed")],
        "image_gone": [missing],
        "sidecar_missing": [missing],
    }


def test_repairs_are_of_all_objects_however_many_are_shown() -> None:
    world = World()
    world.workload("istiod", "istio-system", ready=True)
    world.service("istiod", "istio-system", answering=True)
    names = [f"web-{number:02}" for number in range(30)]
    for name in names:
        _owner, replicas = without_pods(world, LONG_AGO, name)
        world.event(replicas, "FailedCreate", called('no endpoints available for service "istiod"'))
    evidence = world.evidence()
    whole = diagnose(evidence, RULES.values())
    assert [(one.what, str(one.object)) for one in repairs(evidence, whole, None)] == [
        ("restart", f"Deployment kubeflow/{name}") for name in names
    ]
    (shown,) = fitted(whole).findings
    assert (len(shown.objects), shown.objects[-1]) == (21, "and 11 more")


def test_a_stuck_pod_is_deleted_once() -> None:
    world = World()
    owner = CASES["istio_validation"][0].fault(world, LONG_AGO)
    evidence = world.evidence()
    assert [one.what for one in repairs(evidence, diagnose(evidence, RULES.values()), None)] == ["delete"]
    world.objects[owner]["metadata"]["annotations"] = {"mlplatform.kubeflow/pod-deleted-of-generation": "1"}
    evidence = world.evidence()
    assert repairs(evidence, diagnose(evidence, RULES.values()), None) == []
