# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results of a run as a report: what is said of each, and that nothing that is missing or odd stops it."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_runs import PASSWORD, RECORDED, TOKEN, bare, failing, healthy, plan, quiet, refusing

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report import model
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.build import Inputs, build
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.model import Report, Requests
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.page import page
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.verdict import STATES

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[3] / "docs/report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RUNS = {"healthy": healthy, "failing": failing, "refusing": refusing, "quiet": quiet, "bare": lambda: bare(healthy())}


def document(report: Report) -> Any:
    return json.loads(json.dumps(report.document(), allow_nan=False))


@pytest.mark.parametrize("name", RUNS)
def test_a_report_is_as_its_schema_says(name: str) -> None:
    VALIDATOR.validate(document(build(RUNS[name]())))


def test_the_schema_describes_each_field_of_the_model_and_no_other() -> None:
    classes = {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_"): value
        for name, value in vars(model).items()
        if dataclasses.is_dataclass(value)
    }
    described = {"report": SCHEMA, **SCHEMA["$defs"]}
    assert described.keys() == classes.keys()
    for name, one in described.items():
        hints = typing.get_type_hints(classes[name])
        assert one["properties"].keys() == hints.keys() == set(one["required"]), name
        for field, hint in hints.items():
            optional = isinstance(hint, types.UnionType)
            schema = one["properties"][field]
            told = "null" in schema.get("type", ()) or {"type": "null"} in schema.get("anyOf", ())
            assert optional == told, (name, field)
            assert schema["description"].endswith(".") or name == "verdict", (name, field)
    assert set(SCHEMA["$defs"]["verdict"]["properties"]["state"]["enum"]) == set(STATES)


def test_a_run_that_went_well() -> None:
    report = build(healthy())
    assert (report.verdict.state, report.verdict.good, report.verdict.text) == ("ready", True, "Everything is ready.")
    assert {part.state for part in report.parts} == {"ready"}
    assert [part.name for part in report.parts] == RECORDED["parts"]
    assert report.run.changed
    assert report.run.began.endswith("Z")
    assert not report.run.failed_phase
    katib = next(part for part in report.parts if part.name == "katib")
    assert (katib.requests, katib.images) == (Requests(0.25, 512 * 1024**2, 1), ["example.com/katib-controller:1"])
    assert report.requests == Requests(1.25, 5 * 512 * 1024**2, 5, 1, 20 * 1024**3)
    assert [(credential.object, credential.keys) for credential in report.credentials] == [
        ("Secret kubeflow/mysql-secret", ["password", "token"])
    ]
    versions = {version.name: version.version for version in report.versions}
    assert versions["manifests"] == "release-26.03 (d68ebc7fab36)"
    assert versions["jobset"] == "v0.10.1"
    assert (versions["kustomize"], versions["Kubernetes"]) == ("5.8.1", "1.34.4")


def test_a_part_is_ready_when_its_workloads_were_and_not_when_they_were_looked_at() -> None:
    """They become ready while others are still applied, and module ready looks at the end."""
    report = build(healthy())
    ready = next(phase for phase in report.timeline.phases if phase.phase == "ready")
    for part in report.parts:
        own = [workload.ready for workload in report.timeline.workloads if workload.part == part.name and workload.ready is not None]
        assert part.course.applied is not None
        assert part.course.ready is not None
        assert part.course.ready <= ready.ended
        assert part.course.ready >= max([part.course.applied.ended, *own])
    early = next(part for part in report.parts if part.name == "cert_manager")
    assert early.course.ready is not None
    assert early.course.ready < ready.began


def test_what_is_not_ready_comes_with_its_causes_first() -> None:
    report = build(failing("words"))
    assert (report.verdict.state, report.verdict.text) == ("not_ready", "2 of 11 parts are not ready.")
    assert report.verdict.detail.startswith("The image docker.io/library/mysql:8.0.99 does not exist")
    assert [finding.rule for finding in report.findings] == ["image_gone", "slow_pull"]
    assert [finding.rule for finding in report.findings[0].consequences] == ["webhook_without_endpoint"]
    assert report.findings[0].behind == 38
    assert {part.name for part in report.parts if part.stalled} == {"pipelines", "katib"}
    assert all(part.course.ready is None for part in report.parts if part.state == "not_ready")
    assert report.waits[0].kind == "image"
    assert report.run.failed_phase == "ready"


def test_objects_that_are_refused_for_the_same_are_said_once() -> None:
    report = build(refusing())
    assert (report.verdict.state, report.verdict.text) == ("refused", "9 objects are not applied.")
    assert [(len(refused.objects), refused.because_of) for refused in report.refused] == [(8, ""), (1, "webhook w")]
    assert {part.name for part in report.parts if part.state == "refused"} == {"katib", "pipelines"}


def test_a_second_run_has_nothing_that_it_waited_for() -> None:
    report = build(quiet())
    assert report.verdict.state == "ready"
    assert not report.run.changed
    assert report.waits == []
    assert all(part.course.applied is None for part in report.parts)
    assert {part.course.ready for part in report.parts if part.name in ("istio", "katib")} == {0.0}


def test_check_mode_says_what_would_change() -> None:
    inputs = healthy(check_mode=True)
    report = build(inputs)
    assert (report.verdict.state, report.verdict.text) == ("predicted", "440 objects would be created.")
    assert "this was check mode. 11 of 11 parts are ready now." in report.verdict.detail
    assert {part.state for part in report.parts} == {"predicted"}
    assert build(dataclasses.replace(quiet(), check_mode=True)).verdict.text == "Nothing would change."


@pytest.mark.parametrize(
    ("results", "state", "text"),
    [
        ({}, "chosen", "The parts are chosen."),
        ({"render": {"skipped": True, "changed": False}}, "chosen", "The parts are chosen."),
        ({"render": RECORDED["render"]}, "rendered", "The plan is rendered."),
        ({"render": {"failed": True, "msg": "no\nmore"}}, "stopped", "The plan does not render."),
        ({"preflight": {"failed": True, "msg": "no"}}, "stopped", "Preflight refuses this cluster."),
        ({"apply": {"failed": True, "msg": "Nothing was applied: no answer"}}, "stopped", "Nothing was applied."),
        ({"apply": RECORDED["apply"]}, "applied", "Everything is applied."),
        ({"ready": {"failed": True, "msg": "The cluster cannot be watched: x"}}, "not_ready", "Whether it is ready is not known."),
        ({"diagnose": {"findings": []}}, "diagnosed", "No cause of trouble is known here."),
        ({"diagnose": {"findings": [{"cause": "One"}]}}, "diagnosed", "1 cause found."),
    ],
)
def test_the_verdict_says_how_far_a_run_came(results: dict[str, Any], state: str, text: str) -> None:
    report = build(Inputs(name="n", release="26.03", now=100.0, results=results))
    assert (report.verdict.state, report.verdict.text) == (state, text)
    VALIDATOR.validate(document(report))
    assert page(report)


KNOWN = {"name": "26.03", "recognised": True}
ODD = {"object": "Deployment a/b", "evidence": ["odd"]}


@pytest.mark.parametrize(
    ("diagnosed", "good", "text", "detail"),
    [
        ({"release": KNOWN}, True, "No cause of trouble is known here.", ""),
        (
            {"release": KNOWN, "gaps": ["secrets could not be read"]},
            True,
            "No cause of trouble is known here.",
            "Not everything was seen: secrets could not be read.",
        ),
        ({"release": KNOWN, "unexplained": [ODD]}, False, "1 object is not well for a reason that is not known here.", "Deployment a/b."),
        (
            {"release": KNOWN, "unexplained": [ODD, ODD]},
            False,
            "2 objects are not well for a reason that is not known here.",
            "Deployment a/b.",
        ),
        (
            {"release": {"name": "", "recognised": True, "text": "There is no Kubeflow on this cluster that is known here."}},
            False,
            "No Kubeflow that is known here was found.",
            "There is no Kubeflow on this cluster that is known here.",
        ),
        (
            {"failed": True, "msg": "The cluster cannot be looked at: x"},
            False,
            "Phase diagnose failed.",
            "The cluster cannot be looked at: x",
        ),
    ],
)
def test_a_diagnosis_is_good_only_where_it_saw_a_kubeflow_that_is_well(diagnosed: Any, good: bool, text: str, detail: str) -> None:
    verdict = build(Inputs(name="n", release="26.03", now=1.0, results={"diagnose": {"findings": [], **diagnosed}})).verdict
    assert (verdict.good, verdict.text, verdict.detail) == (good, text, detail)


def test_a_diagnosis_alone_says_nothing_of_parts_and_names_the_release_that_is_there() -> None:
    found = {"findings": [], "release": {"name": "v1.4.0", "recognised": True}}
    report = build(Inputs(name="n", release="26.03", now=1.0, parts=["katib"], results={"diagnose": found}))
    assert (report.release, report.parts) == ("v1.4.0", [])


def test_a_failure_of_another_task_than_a_phases_module_is_told() -> None:
    report = build(Inputs(name="n", release="26.03", now=1.0, failed=("render", "kustomize cannot be fetched\nfrom there")))
    assert (report.verdict.state, report.verdict.detail) == ("stopped", "kustomize cannot be fetched")
    assert report.run.failed_message == "kustomize cannot be fetched\nfrom there"


def test_secrets_of_the_plan_are_nowhere_in_it() -> None:
    """They were in messages of the cluster, and names of objects stayed what they are."""
    inputs = failing()
    assert PASSWORD in json.dumps([inputs.results["ready"], inputs.results["diagnose"]])
    report = build(inputs)
    for text in (json.dumps(report.document()), page(report)):
        assert PASSWORD not in text
        assert TOKEN not in text
        assert "(masked)" in text
        assert "mysql-secret" in text


@pytest.mark.parametrize("odd", [10**400, -1e300, 0, 1e300, "soon", None, True, [], -5])
def test_a_number_that_cannot_be_one_is_left_out(odd: Any) -> None:
    """A clock that was wrong would make a run of decades, and a picture of it endless."""
    inputs = bare(healthy())
    inputs.results["apply"]["began"] = inputs.results["ready"]["parts"][0]["objects"] = inputs.results["apply"]["parts"][0]["created"] = odd
    report = build(dataclasses.replace(inputs, began=odd))
    VALIDATOR.validate(document(report))
    assert report.run.seconds < 3600
    assert page(report)


# What a module of tomorrow, or a broken one, could return.
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A recorded run in which some values, wherever they are, are something else or gone."""
    results: dict[str, Any] = json.loads(json.dumps(dict(failing().results)))
    for _number in range(draw(st.integers(1, 6))):
        place: Any = results
        while True:
            if isinstance(place, dict) and place:
                key: Any = draw(st.sampled_from(sorted(place)))
            elif isinstance(place, list) and place:
                key = draw(st.integers(0, len(place) - 1))
            else:
                break
            if not place[key] or not isinstance(place[key], dict | list) or draw(st.integers(0, 3)) == 0:
                if isinstance(place, dict) and draw(st.booleans()):
                    del place[key]
                else:
                    place[key] = draw(ODD)
                break
            place = place[key]
    return results


@pytest.mark.parametrize("count", ["created", "changed", "unchanged", "failed"])
def test_a_part_that_lacks_a_count_is_shown_with_the_others(count: str) -> None:
    inputs = quiet()
    del inputs.results["apply"]["parts"][0][count]
    report = build(inputs)
    VALIDATOR.validate(document(report))
    assert page(report)


def test_where_all_differences_are_is_on_the_page() -> None:
    inputs = quiet()
    assert "differences.diff" not in page(build(inputs))
    inputs.results["apply"]["differences"] = "/srv/of mine/differences.diff"
    assert "<code>/srv/of mine/differences.diff</code>" in page(build(inputs))


# A busy machine takes its time, which is no fault of what is made.
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_whatever_a_result_holds_there_is_a_report(results: dict[str, Any]) -> None:
    report = build(Inputs(name="n", release="26.03", now=RECORDED["ended"], results=results, plan=plan()))
    VALIDATOR.validate(document(report))
    assert page(report)
