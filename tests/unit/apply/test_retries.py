"""Who is sent again after a refusal, and when."""

from __future__ import annotations

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import Item
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.pending import Pending
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.retries import Retries
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resource
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.refusals import cause_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key

ERROR = ApiError(500, "no")


def pending(name: str) -> Pending:
    return Pending(Item(Key("", "ConfigMap", "n", name), "a", {}, Resource("", "v1", "ConfigMap", "configmaps", True)))


def test_one_stands_for_all_that_the_same_cause_holds() -> None:
    retries, some = Retries(), [pending(str(number)) for number in range(100)]
    pauses = [retries.refused(entry, "webhook", ERROR) for entry in some]
    assert pauses[0] is not None and pauses[1:] == [None] * 99
    assert retries.ended(some[5]) == []
    assert retries.ended(some[0]) == some[1:]
    assert retries.ended(some[0]) == []


def test_another_cause_frees_those_behind_the_first() -> None:
    retries, one, two = Retries(), pending("1"), pending("2")
    retries.refused(one, "a", ERROR)
    retries.refused(two, "a", ERROR)
    assert retries.ended(one, "a") == []
    assert retries.ended(one, "b") == [two]


def test_it_comes_back_less_and_less_often_and_never_later_than_the_limit() -> None:
    retries, one = Retries(), pending("1")
    pauses = [retries.refused(one, "a", ERROR) or 0 for _number in range(20)]
    assert pauses == sorted(pauses) and pauses[0] < 1 and pauses[-1] == 3.0


def test_what_the_server_asks_for_holds() -> None:
    assert Retries().refused(pending("1"), "a", ApiError(429, "slow down", retry_after=7)) == 7


def test_many_causes_together_stay_under_a_few_retries_a_second() -> None:
    retries, some = Retries(), [pending(str(number)) for number in range(100)]
    pauses: list[float] = []
    for _round in range(3):
        pauses = [retries.refused(entry, f"cause {number}", ERROR) or 0 for number, entry in enumerate(some)]
    assert sum(1 / pause for pause in pauses) <= 4.001


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('Internal error occurred: failed calling webhook "w": dial tcp x', 'Internal error occurred: failed calling webhook "w": refused'),
        ('admission webhook "w" denied the request: a', 'admission webhook "w" denied the request: b'),
        (
            "deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied",
            "b: ValidatingAdmissionPolicy 'p' no",
        ),
        ('pods "a" is forbidden: exceeded quota: q, requested: 1', 'pods "b" is forbidden: exceeded quota: q, requested: 2'),
    ],
)
def test_the_same_cause_in_other_words(one: str, other: str) -> None:
    assert cause_of(ApiError(403, one)) == cause_of(ApiError(500, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [('failed calling webhook "a": x', 'failed calling webhook "b": x'), ("exceeded quota: a, x", "exceeded quota: b, x")],
)
def test_other_causes(one: str, other: str) -> None:
    assert cause_of(ApiError(500, one)) != cause_of(ApiError(500, other))


def test_a_kind_that_is_not_served_holds_its_own_objects_only() -> None:
    missing = ApiError(404, "the server could not find the requested resource", "NotFound")
    assert cause_of(missing, "/apis/a/v1/as") != cause_of(missing, "/apis/b/v1/bs")
