# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which API groups pods may read."""

from __future__ import annotations

from typing import Any

import pytest
from test_graph import thing

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.readers import Readers
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import key_of

RBAC = "rbac.authorization.k8s.io/v1"
ACCOUNT = {"kind": "ServiceAccount", "name": "web", "namespace": "n"}


def readers(subject: dict[str, Any], role: str = "reader", **content: Any) -> Readers:
    """C(content) is of the ClusterRole; none makes it one that is not in the plan."""
    objects = [thing(RBAC, "ClusterRoleBinding", "b", subjects=[subject], roleRef={"kind": "ClusterRole", "name": role})]
    if content:
        objects.append(thing(RBAC, "ClusterRole", role, **content))
    return Readers({key_of(item): item for item in objects})


RULES = [{"apiGroups": ["example.com"], "resources": ["gadgets"], "verbs": ["list"]}, {"nonResourceURLs": ["/healthz"], "verbs": ["get"]}]


@pytest.mark.parametrize(
    ("subject", "may"),
    [
        (ACCOUNT, True),
        ({**ACCOUNT, "name": "other"}, False),
        ({**ACCOUNT, "namespace": "elsewhere"}, False),
        ({"kind": "User", "name": "system:serviceaccount:n:web"}, True),
        ({"kind": "Group", "name": "system:serviceaccounts"}, True),
        ({"kind": "Group", "name": "system:serviceaccounts:n"}, True),
        ({"kind": "Group", "name": "system:serviceaccounts:m"}, False),
        ({"kind": "Group", "name": "system:authenticated"}, True),
        ({"kind": "Group", "name": "system:unauthenticated"}, False),
    ],
)
def test_a_binding_gives_to_whom_it_names(subject: dict[str, Any], may: bool) -> None:
    found = readers(subject, rules=RULES)
    assert found.may_read("n", {"serviceAccountName": "web"}, "example.com") is may
    assert not found.may_read("n", {"serviceAccountName": "web"}, "other.com")


def test_the_older_field_and_the_default_name_an_account_too() -> None:
    assert readers(ACCOUNT, rules=RULES).may_read("n", {"serviceAccount": "web"}, "example.com")
    assert readers({**ACCOUNT, "name": "default"}, rules=RULES).may_read("n", {}, "example.com")


@pytest.mark.parametrize("content", [{}, {"aggregationRule": {"clusterRoleSelectors": []}}, {"rules": [{"apiGroups": ["*"]}]}])
def test_a_role_that_may_hold_anything_counts_as_all_groups(content: dict[str, Any]) -> None:
    assert readers(ACCOUNT, **content).may_read("n", {"serviceAccountName": "web"}, "example.com")


def test_who_is_bound_to_nothing_reads_nothing() -> None:
    assert not Readers({}).may_read("n", {"serviceAccountName": "web"}, "example.com")


@pytest.mark.parametrize("role", [{"rules": 1}, {"rules": [1]}, {"rules": [{"apiGroups": 1}]}, {"rules": [{"apiGroups": [{}]}]}])
def test_rules_that_are_none_are_left_to_the_api_server(role: dict[str, Any]) -> None:
    assert not readers(ACCOUNT, **role).may_read("n", {"serviceAccountName": "web"}, "example.com")


@pytest.mark.parametrize(
    "changed", [{"roleRef": None}, {"roleRef": {}}, {"roleRef": {"kind": {}, "name": "x"}}, {"subjects": 1}, {"subjects": [{}]}]
)
def test_a_binding_that_is_none_is_left_to_the_api_server(changed: dict[str, Any]) -> None:
    binding = thing(RBAC, "ClusterRoleBinding", "b", subjects=[ACCOUNT], roleRef={"kind": "ClusterRole", "name": "elsewhere"})
    found = Readers({key_of(binding): {**binding, **changed}})
    assert not found.may_read("n", {"serviceAccountName": "web"}, "example.com")
