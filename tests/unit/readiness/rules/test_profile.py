# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a Profile is ready: by its namespace, since it says nothing itself when all is well."""

from __future__ import annotations

import pytest
from readiness.live import Item, condition, item

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import status_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import Seen

NOT_OWNED = "namespace already exist, but not owned by profile creator me"


def namespace(owner: str = "me", **metadata: str) -> Item:
    return {"metadata": {"name": "x", "annotations": {"owner": owner} if owner else {}, **metadata}}


@pytest.mark.parametrize(
    ("live", "space", "state", "words"),
    [
        ({}, namespace(), "Current", ""),
        ({}, None, "InProgress", "its Namespace x is not there"),
        ({}, namespace(deletionTimestamp="2026-11-27T00:00:00Z"), "InProgress", "is being deleted"),
        ({}, namespace("you"), "InProgress", "its annotation owner is you, not me"),
        ({}, namespace(""), "InProgress", "its annotation owner is missing, not me"),
        (condition("Failed", message=NOT_OWNED), namespace(""), "Failed", f"belongs to somebody else ({NOT_OWNED}): delete it"),
        # The condition stays when the cause is gone.
        (condition("Failed", message=NOT_OWNED), namespace(), "Current", ""),
        # On its way: the controller has deleted nothing, somebody is about to.
        (condition("Failed", message=NOT_OWNED), namespace("", deletionTimestamp="now"), "InProgress", "is being deleted"),
    ],
)
def test_status(live: Item, space: Item | None, state: str, words: str) -> None:
    seen = Seen(namespaces={("", "x"): space} if space else {})
    status = status_of("kubeflow.org", "Profile", item({"owner": {"name": "me"}}, live), seen)
    assert (status.state, words in status.message) == (state, True)


@pytest.mark.parametrize(
    ("bindings", "state"),
    [
        (None, "Current"),
        ({}, "InProgress"),
        ({("x", "namespaceAdmin"): {}}, "Current"),
        ({("y", "namespaceAdmin"): {}, ("x", "other"): {}}, "InProgress"),
    ],
)
def test_its_owner_is_let_in(bindings: dict[tuple[str, str], Item] | None, state: str) -> None:
    seen = Seen(namespaces={("", "x"): namespace()}, role_bindings=bindings)
    status = status_of("kubeflow.org", "Profile", item({"owner": {"name": "me"}}), seen)
    assert status.state == state
    assert state == "Current" or status.message == "its RoleBinding x/namespaceAdmin is not there"
