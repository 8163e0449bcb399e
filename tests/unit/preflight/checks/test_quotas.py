# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quotas and limit ranges."""

from __future__ import annotations

from typing import Any

import pytest
from checked import found, pod, thing, workload

PLAN = workload("a", cpu="1", memory="1Gi", replicas=2)


def quota(**hard: str) -> dict[str, Any]:
    return thing("ResourceQuota", "q", "kubeflow", spec={"hard": {name.replace("_", "."): value for name, value in hard.items()}})


def limits(**limit: Any) -> dict[str, Any]:
    return thing("LimitRange", "l", "kubeflow", spec={"limits": [{"type": "Container", **limit}]})


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


def test_a_default_limit_is_enough_for_a_quota() -> None:
    there = {"resourcequotas": [quota(limits_cpu="10")], "limitranges": [limits(default={"cpu": "1"})]}
    assert found("quotas", PLAN, found=there).result == "pass"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"max": {"cpu": "2"}}, ""),
        ({"max": {"cpu": "500m"}}, "asks for cpu 1, and LimitRange kubeflow/l allows 500m"),
        ({"min": {"memory": "2Gi"}}, "wants at least 2Gi"),
    ],
)
def test_a_limit_range(limit: dict[str, Any], words: str) -> None:
    answer = found("quotas", PLAN, found={"limitranges": [limits(**limit)]})
    assert answer.result == ("fail" if words else "pass") and words in answer.message


def test_other_namespaces_do_not_matter() -> None:
    other = {**quota(pods="0"), "metadata": {"name": "q", "namespace": "shop"}}
    assert found("quotas", PLAN, found={"resourcequotas": [other]}).message.startswith("no quota")
