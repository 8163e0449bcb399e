# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check owners: whose objects of the plan are there."""

from __future__ import annotations

from typing import Any

import pytest
from checked import found, thing

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.installed import CONFIG_MAPS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Answer

Thing = dict[str, Any]
CORE = {
    "resources": [
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
        {"name": "namespaces", "kind": "Namespace", "namespaced": False},
    ]
}


def owned(name: str, *managers: str, operation: str = "Update", **metadata: Any) -> Thing:
    fields = [{"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": {"f:data": {"f:x": {}}}} for manager in managers]
    return thing("ConfigMap", name, "kubeflow", metadata={"managedFields": fields, **metadata})


def answer(*there: Thing, **more: Any) -> Answer:
    answers = {"/api/v1": CORE, "/api/v1/configmaps": {"items": list(there)}, CONFIG_MAPS: {"items": []}}
    return found("owners", *(thing("ConfigMap", f"c{number}", "kubeflow") for number in range(5)), answers=answers, **more)


def test_nothing_there_is_good() -> None:
    assert answer().result == "pass"


def test_one_refusal_counts_names_and_says_what_to_do() -> None:
    told = answer(*(owned(f"c{number}", "kubectl-client-side-apply") for number in range(4)), owned("c4", "helm"))
    assert told.result == "fail"
    assert "5 objects of the plan are on the cluster already and not of this collection" in told.message
    assert "4 of kubectl apply" in told.message and "1 of Helm" in told.message
    assert "ConfigMap kubeflow/c0 by kubectl-client-side-apply" in told.message and "and 1 more" in told.message
    assert "adopt: true" in told.remedy and "provided_parts" in told.remedy


@pytest.mark.parametrize(
    "there",
    [
        owned("c0", "mlplatform.kubeflow", operation="Apply"),
        owned("c0", "mlplatform.kubeflow"),
        owned("c0", "some-controller", ownerReferences=[{"kind": "Thing", "name": "x"}]),
        owned("elsewhere", "kubectl-create"),
    ],
)
def test_what_is_ours_or_a_controllers_or_not_of_the_plan_is_good(there: Thing) -> None:
    assert answer(there).result == "pass"


def test_what_others_have_applied_beside_us_is_a_warning() -> None:
    there = owned("c0", "kubectl-client-side-apply")
    there["metadata"]["managedFields"] += owned("c0", "mlplatform.kubeflow", operation="Apply")["metadata"]["managedFields"]
    told = answer(there)
    assert told.result == "warn" and "adopt: true" in told.remedy
    assert answer(there, foreign="adopt").result == "pass"


def test_another_applyset_is_refused_also_where_others_are_taken_over() -> None:
    there = owned("c0", "kubectl", labels={"applyset.kubernetes.io/part-of": "applyset-other-v1"})
    assert answer(there, foreign="adopt").result == "fail"


def test_an_installer_that_is_not_known_has_to_be_named() -> None:
    assert "adopt_managers: [pipeline]" in answer(owned("c0", "pipeline")).remedy
    assert answer(owned("c0", "pipeline"), foreign="adopt", adopt_managers=("pipe*",)).result == "pass"
