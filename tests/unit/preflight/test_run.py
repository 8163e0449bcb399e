# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All checks together: what becomes of what the cluster does not say, and the table."""

from __future__ import annotations

from typing import Any

import pytest
from checked import ApiError, Server, refused, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Finding, Problem, answer_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.table import FIRST, ordered, table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan

PLAN = Plan("26.03", (Part("a", (workload("istiod", "istio-system"),)),))
ALLOWED = {"status": {"allowed": True}}
REVIEW = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Hidden(Server):
    """Says its version, and nothing else but what is given."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.known = {"/version": {"gitVersion": "v1.34.4"}, **answers}
        super().__init__(self.known)

    def read(self, path: str, **_: Any) -> Any:
        return {}, b""

    def request(self, method: str, path: str, **options: Any) -> Any:
        if f"{method} {path}" not in self.known and path not in self.known:
            raise refused()
        return super().request(method, path, **options)


def ask(answers: dict[str, Any], *overridden: str) -> list[Finding]:
    return preflight(Hidden(answers), PLAN, kubernetes_min="", kubernetes_max="", overridden=overridden, deadline=Deadline(5))[1]


@pytest.mark.parametrize("discovery", [{}, {"/api/v1": {"resources": [{"name": "serviceaccounts/token"}]}, "/apis": {"groups": []}}])
def test_credentials_that_may_look_at_nothing_are_warned_and_not_refused(discovery: dict[str, Any]) -> None:
    findings = ask({REVIEW: ALLOWED, **discovery})
    assert not [finding for finding in findings if finding.result == "fail"]
    unknown = {finding.check for finding in findings if finding.result == "warn"}
    assert {"room", "node_conditions", "being_deleted"} <= unknown
    for finding in findings:
        assert finding.result == "pass" or finding.remedy, finding


def test_rights_that_nobody_tells_stop_a_run_unless_overridden() -> None:
    (failed,) = [finding for finding in ask({}) if finding.result == "fail"]
    assert failed.check == "rights" and failed.remedy.endswith("overrides: [rights]")
    assert not [finding for finding in ask({}, "rights") if finding.result == "fail"]


def test_every_check_says_what_to_do_when_nobody_answers() -> None:
    for check in CHECKS.values():
        assert check.unsaid or check.name in ("kubernetes_version", "verified_tls")


def test_what_blocks_comes_first() -> None:
    answer = answer_of([Problem("small", "a", blocks=False), Problem("big", "b")], "good")
    assert (answer.result, answer.message, answer.remedy) == ("fail", "big; small", "b a")
    assert answer_of([Problem("small", "a", blocks=False)], "good").result == "warn"
    assert answer_of([], "good").result == "pass"
    many = answer_of([Problem(f"p{number}", "same") for number in range(9)], "good")
    assert many.message == "p0; p1; p2; p3; and 5 more" and many.remedy == "same" and "p8" in many.evidence


def test_the_table_begins_with_what_to_do_first() -> None:
    findings = [
        Finding("api_services", "pass", "well"),
        Finding("pod_network", "warn", "perhaps", "look"),
        Finding("room", "fail", "lacks", "add", ["seen"]),
        Finding("token_request", "fail", "off", "flags"),
    ]
    assert [finding.check for finding in ordered(findings)] == ["token_request", "room", "pod_network", "api_services"]
    lines = table(findings).splitlines()
    assert lines[0] == "FAIL  token_request  off" and lines[1].split() == ["->", "flags"]
    assert lines[3].split() == ["|", "seen"]
    assert lines[-1] == "2 failed, 1 warn, 1 passed"
    assert set(FIRST) <= set(CHECKS)


def test_no_line_of_the_table_is_broken() -> None:
    """Commands are copied from there."""
    command = " ".join(["kubectl", *(f"--option-{number}=value-{number}" for number in range(30))])
    assert f"      -> {command}" in table([Finding("room", "fail", "x " * 200, command)]).splitlines()
    # A cluster that is another one has nothing to be done about it.
    assert "->" not in table([Finding("same_cluster", "fail", "another")])


def test_a_server_without_an_answer_ends_it() -> None:
    class Gone(Server):
        def request(self, method: str, path: str, **_: Any) -> Any:
            raise ApiError(400, "no")

    found = preflight(Gone({}), PLAN, kubernetes_min="", kubernetes_max="", overridden=[], deadline=Deadline(1))[1]
    assert [(finding.check, finding.result) for finding in found] == [("api_reachable", "fail")]
