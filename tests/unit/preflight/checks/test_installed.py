# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is there already of the plan."""

from __future__ import annotations

from typing import Any

import pytest
from checked import OURS, found, workload

PLANNED = workload("istiod", "istio-system", image="gcr.io/istio-release/pilot:1.28.0")
HELM = {"annotations": {"meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "istio-system"}}


def live(tag: str = "1.16.0", namespace: str = "istio-system", **more: Any) -> dict[str, Any]:
    return workload("istiod", namespace, image=f"docker.io/istio/pilot:{tag}", **more)


@pytest.mark.parametrize(
    ("there", "result", "words"),
    [
        (None, "pass", "nothing of the plan"),
        (live(labels=OURS), "pass", "nothing of the plan"),
        (live("1.28.0"), "pass", "there already, in the same version (see owners): Istio 1.28.0"),
        (live(), "warn", "would become 1.28.0"),
        (live(metadata=HELM), "fail", "Istio 1.16.0 is there already, installed by Helm release istio-system/istiod"),
        (live("1.28.0", metadata=HELM), "fail", "Helm release"),
        (live(namespace="mesh"), "fail", "brings another one"),
        (live(labels={"app.kubernetes.io/managed-by": "Helm"}), "fail", "installed by Helm"),
        (live(labels={"olm.owner": "sailoperator"}), "fail", "Operator Lifecycle Manager"),
    ],
)
def test_istio(there: dict[str, Any] | None, result: str, words: str) -> None:
    answer = found("installed", PLANNED, found={"deployments.apps": [there] if there else []})
    assert answer.result == result and words in answer.message
    assert ("kubeflow_provided_parts: [istio]" in answer.remedy) == (result != "pass")


@pytest.mark.parametrize(("foreign", "words"), [("refuse", False), ("beside", False), ("adopt", True)])
def test_only_who_adopts_is_told_that_something_is_taken_over(foreign: str, words: bool) -> None:
    answer = found("installed", PLANNED, found={"deployments.apps": [live("1.28.0")]}, foreign=foreign)
    assert answer.result == "pass" and ("and taken over: Istio 1.28.0" in answer.message) == words


def test_who_adopts_takes_over_other_versions_too() -> None:
    answer = found("installed", PLANNED, found={"deployments.apps": [live(metadata=HELM)]}, foreign="adopt")
    assert answer.result == "pass" and "and taken over: Istio 1.16.0 of Helm" in answer.message


def test_what_the_plan_does_not_bring_may_be_there() -> None:
    assert found("installed", workload("dex"), found={"deployments.apps": [live(metadata=HELM)]}).result == "pass"


def test_a_second_argo_is_a_warning() -> None:
    planned = workload("workflow-controller", "kubeflow", image="quay.io/argoproj/workflow-controller:v3.7.3")
    other = workload("workflow-controller", "argo", image="quay.io/argoproj/workflow-controller:v3.5.0")
    assert found("installed", planned, found={"deployments.apps": [other]}).result == "warn"


def test_names_of_other_programs_are_none_of_it() -> None:
    other = workload("api", "shop", image="shop.example.com/copilot:1")
    assert found("installed", PLANNED, found={"deployments.apps": [other]}).result == "pass"
