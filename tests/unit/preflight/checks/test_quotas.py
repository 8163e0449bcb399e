# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quotas and limit ranges."""

from __future__ import annotations

from typing import Any

import pytest
from checked import found, pod, thing, workload

PLAN = workload("a", cpu="1", memory="1Gi", replicas=2)
# Says nothing of what it needs.
SILENT = workload("s")


def with_init(**resources: Any) -> dict[str, Any]:
    return workload("i", cpu="1", memory="1Gi", spec={"initContainers": [{"name": "first", "resources": resources}]})


def claim(name: str, storage: str, namespace: str = "kubeflow") -> dict[str, Any]:
    return thing("PersistentVolumeClaim", name, namespace, spec={"resources": {"requests": {"storage": storage}}})


def stateful(size: str) -> dict[str, Any]:
    item = workload("db", kind="StatefulSet", replicas=2)
    item["spec"]["volumeClaimTemplates"] = [claim("data", size, "")]
    return item


def quota(**hard: str) -> dict[str, Any]:
    return thing("ResourceQuota", "q", "kubeflow", spec={"hard": {name.replace("_", "."): value for name, value in hard.items()}})


def limits(of: str = "Container", **limit: Any) -> dict[str, Any]:
    return thing("LimitRange", "l", "kubeflow", spec={"limits": [{"type": of, **limit}]})


@pytest.mark.parametrize(
    ("hard", "words"),
    [
        ({"pods": "2"}, ""),
        ({"pods": "1"}, "allows pods 1, and 2 are needed"),
        ({"requests_cpu": "2"}, ""),
        ({"requests_cpu": "1500m"}, "allows requests.cpu 1500m, and 2 are needed"),
        ({"memory": "1Gi"}, "allows memory 1Gi, and 2.0Gi are needed"),
        ({"limits_cpu": "10"}, "counts limits.cpu"),
        ({"services": "0"}, ""),
    ],
)
def test_a_quota_leaves_room_or_not(hard: dict[str, str], words: str) -> None:
    answer = found("quotas", PLAN, found={"resourcequotas": [quota(**hard)]})
    assert answer.result == ("fail" if words else "pass") and words in answer.message


def test_what_others_use_counts() -> None:
    assert found("quotas", PLAN, found={"resourcequotas": [quota(pods="2")], "pods": [pod("x", "kubeflow")]}).result == "fail"


@pytest.mark.parametrize(
    ("there", "hard", "words"),
    [
        (claim("x", "5Gi"), {"persistentvolumeclaims": "2"}, ""),
        (claim("x", "5Gi"), {"persistentvolumeclaims": "1"}, "allows persistentvolumeclaims 1, and 2 are needed"),
        (claim("x", "5Gi"), {"requests_storage": "14Gi"}, "allows requests.storage 14Gi, and 15.0Gi are needed"),
        # The plan's own, which is there already.
        (claim("mine", "10Gi"), {"persistentvolumeclaims": "1"}, ""),
        (claim("x", "5Gi", "shop"), {"persistentvolumeclaims": "1"}, ""),
    ],
)
def test_claims_of_others_count(there: dict[str, Any], hard: dict[str, str], words: str) -> None:
    answer = found("quotas", claim("mine", "10Gi"), found={"resourcequotas": [quota(**hard)], "persistentvolumeclaims": [there]})
    assert answer.result == ("fail" if words else "pass") and words in answer.message


def test_claims_of_a_stateful_set_are_its_own() -> None:
    there = {"resourcequotas": [quota(persistentvolumeclaims="2")], "persistentvolumeclaims": [claim("data-db-0", "1Gi")]}
    assert found("quotas", stateful("1Gi"), found=there).result == "pass"


@pytest.mark.parametrize(
    ("plan", "name", "limit", "words"),
    [
        (SILENT, "cpu", {}, "counts cpu, and no requests of cpu are given by container main of Deployment kubeflow/s"),
        (SILENT, "memory", {}, "no requests of memory"),
        (SILENT, "requests_cpu", {}, "no requests of cpu"),
        (SILENT, "requests_memory", {}, "no requests of memory"),
        (SILENT, "limits_memory", {}, "no limits of memory"),
        (PLAN, "requests_cpu", {}, ""),
        (workload("l", resources={"limits": {"cpu": "1"}}), "requests_cpu", {}, ""),
        (with_init(), "requests_cpu", {}, "given by init container first of Deployment kubeflow/i"),
        (with_init(requests={"cpu": "1"}), "requests_cpu", {}, ""),
        (with_init(requests={"cpu": "1"}), "limits_cpu", {}, "init container first of Deployment kubeflow/i, container main of"),
        (SILENT, "requests_cpu", {"defaultRequest": {"cpu": "1"}}, ""),
        (SILENT, "requests_cpu", {"default": {"cpu": "1"}}, ""),
        (with_init(), "limits_cpu", {"default": {"cpu": "1"}}, ""),
        # A default of one resource says nothing of another, nor a request's of limits.
        (SILENT, "requests_cpu", {"defaultRequest": {"memory": "1Gi"}}, "no requests of cpu"),
        (SILENT, "limits_memory", {"default": {"cpu": "1"}}, "no limits of memory"),
        (SILENT, "limits_cpu", {"defaultRequest": {"cpu": "1"}}, "no limits of cpu"),
    ],
)
def test_where_a_quota_counts_it_each_container_has_to_say_it(plan: dict[str, Any], name: str, limit: dict[str, Any], words: str) -> None:
    there = {"resourcequotas": [quota(**{name: "100Gi"})], "limitranges": [limits(**limit)] if limit else []}
    answer = found("quotas", plan, found=there)
    assert answer.result == ("fail" if words else "pass") and words in answer.message


def test_what_a_limit_range_gives_is_needed() -> None:
    there = {"resourcequotas": [quota(cpu="1")], "limitranges": [limits(defaultRequest={"cpu": "2"})]}
    assert "allows cpu 1, and 2 are needed" in found("quotas", SILENT, found=there).message


def test_a_default_limit_is_enough_for_a_quota() -> None:
    there = {"resourcequotas": [quota(limits_cpu="10")], "limitranges": [limits(default={"cpu": "1"})]}
    assert found("quotas", PLAN, found=there).result == "pass"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"max": {"cpu": "2"}}, ""),
        ({"max": {"cpu": "500m"}}, "asks for cpu 1, and LimitRange kubeflow/l allows 500m"),
        ({"min": {"memory": "2Gi"}}, "wants at least 2Gi"),
        ({"default": {"cpu": "500m"}}, "asks for cpu 1, and LimitRange kubeflow/l gives it a limit of 500m"),
        ({"default": {"cpu": "1"}}, ""),
        ({"default": {"cpu": "500m"}, "max": {"cpu": "2"}}, "gives it a limit of 500m"),
    ],
)
def test_a_limit_range(limit: dict[str, Any], words: str) -> None:
    answer = found("quotas", PLAN, found={"limitranges": [limits(**limit)]})
    assert answer.result == ("fail" if words else "pass") and words in answer.message


def test_what_is_more_than_a_limit_range_allows_is_told_once() -> None:
    assert found("quotas", PLAN, found={"limitranges": [limits(max={"cpu": "500m"})]}).message.count("container main") == 1


def test_a_limit_range_is_for_init_containers_too() -> None:
    answer = found("quotas", with_init(requests={"cpu": "3"}), found={"limitranges": [limits(max={"cpu": "2"})]})
    assert answer.result == "fail" and "init container first of Deployment kubeflow/i asks for cpu 3" in answer.message


def test_a_limit_of_its_own_is_not_a_default() -> None:
    plan = workload("l", cpu="1", resources={"requests": {"cpu": "1"}, "limits": {"cpu": "2"}})
    assert found("quotas", plan, found={"limitranges": [limits(default={"cpu": "500m"})]}).result == "pass"


@pytest.mark.parametrize(
    ("plan", "limit", "words"),
    [
        (claim("a", "10Gi"), {"max": {"storage": "10Gi"}}, ""),
        (
            claim("a", "10Gi"),
            {"max": {"storage": "5Gi"}},
            "PersistentVolumeClaim kubeflow/a asks for storage 10.0Gi, and LimitRange kubeflow/l",
        ),
        (claim("a", "10Gi"), {"min": {"storage": "20Gi"}}, "wants at least 20Gi"),
        (stateful("10Gi"), {"max": {"storage": "5Gi"}}, "claim data of StatefulSet kubeflow/db asks for storage 10.0Gi"),
        (claim("a", "10Gi", "auth"), {"max": {"storage": "5Gi"}}, ""),
    ],
)
def test_a_limit_range_of_claims(plan: dict[str, Any], limit: dict[str, Any], words: str) -> None:
    answer = found("quotas", PLAN, plan, found={"limitranges": [limits("PersistentVolumeClaim", **limit)]})
    assert answer.result == ("fail" if words else "pass") and words in answer.message
    assert ("kubeflow_volumes: [{name: " in answer.remedy) == bool(words)


def test_claims_that_are_there_are_not_made_again() -> None:
    there = {"limitranges": [limits("PersistentVolumeClaim", max={"storage": "5Gi"})]}
    made = [claim(f"data-db-{number}", "10Gi") for number in range(2)]
    assert found("quotas", stateful("10Gi"), found={**there, "persistentvolumeclaims": made}).result == "pass"
    assert found("quotas", stateful("10Gi"), found={**there, "persistentvolumeclaims": made[:1]}).result == "fail"
    assert found("quotas", claim("a", "10Gi"), found={**there, "persistentvolumeclaims": [claim("a", "10Gi")]}).result == "pass"


def test_other_namespaces_do_not_matter() -> None:
    other = {**quota(pods="0"), "metadata": {"name": "q", "namespace": "shop"}}
    assert found("quotas", PLAN, found={"resourcequotas": [other]}).message.startswith("no quota")
