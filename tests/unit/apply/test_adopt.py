# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What rewriting managedFields takes over, and what it leaves."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.adopt import Adoption, drop_scaled, rewritten
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.adopt_dry_run import merge_patch
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.field_sets import fields_of, paths_of

Thing = dict[str, Any]
OURS = Adoption("ours", ("pipeline-*",))
INSTALLERS = ["kubectl-client-side-apply", "kubectl", "before-first-apply", "helm", "argocd-controller", "pipeline-7", "kubectl-set"]
CONTROLLERS = ["kube-controller-manager", "pilot-discovery", "cert-manager-cainjector", "manager"]
BODY: Thing = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "labels": {"a": "1"}}, "spec": {"a": 1}}

# Not those that stay whoever declared them.
PATHS = st.frozensets(
    st.lists(st.sampled_from(["f:a", "f:b", "f:c", 'k:{"name":"x"}']), min_size=1, max_size=3).map(lambda some: ("f:spec", *some))
)


def entry(manager: str, operation: str, paths: Any, version: str = "apps/v1", **more: Any) -> Thing:
    fields = {"apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": fields_of(paths), "time": "2026-01-01T00:00:00Z"}
    return {"manager": manager, "operation": operation, **fields, **more}


def live(*entries: Thing, **fields: Any) -> Thing:
    return {**BODY, "metadata": {**BODY["metadata"], "managedFields": list(entries)}, **fields}


@st.composite
def entries(draw: st.DrawFn) -> list[Thing]:
    """Each manager once for each operation, as the API server keeps them."""
    operations = st.sampled_from(["Apply", "Update"])
    names = draw(st.lists(st.tuples(st.sampled_from([*INSTALLERS, *CONTROLLERS]), operations), unique=True, max_size=6))
    some = [entry(name, operation, draw(PATHS)) for name, operation in names]
    if draw(st.booleans()):
        some.insert(draw(st.integers(0, len(some))), entry("ours", "Apply", draw(PATHS)))
    status = entry("kubectl", "Update", [("f:status", "f:x")], subresource="status")
    return [*some, status] if draw(st.booleans()) else some


def members(some: list[Thing], *managers: str) -> set[tuple[str, ...]]:
    return {path for one in some if one["manager"] in managers and not one.get("subresource") for path in paths_of(one["fieldsV1"])}


@given(st.sampled_from(INSTALLERS), st.sampled_from(["Apply", "Update"]), PATHS)
def test_a_size_that_the_plan_says_nothing_of_stays_whoever_declared_it(manager: str, operation: str, others: frozenset[Any]) -> None:
    size = ("f:spec", "f:replicas")
    for body, ours in ((BODY, False), ({**BODY, "spec": {"replicas": 1}}, True)):
        found = rewritten(live(entry(manager, operation, {*others, size}), spec={"replicas": 3}), body, OURS)
        assert found is not None
        assert {one["manager"]: size in paths_of(one["fieldsV1"]) for one in found} == {"ours": ours}


@given(entries())
def test_ours_has_what_all_installers_and_we_had_and_strangers_keep_theirs(some: list[Thing]) -> None:
    given_before = copy.deepcopy(some)
    found = rewritten(live(*some), BODY, OURS)
    assert some == given_before
    if found is None:
        assert not any(one["manager"] in INSTALLERS and not one.get("subresource") for one in some)
        return
    assert members(found, "ours") == members(some, "ours", *INSTALLERS)
    assert len([one for one in found if one["manager"] == "ours"]) == 1
    stay = [one for one in some if one["manager"] in CONTROLLERS or one.get("subresource")]
    assert [one for one in found if one["manager"] != "ours"] == stay


@given(entries())
def test_what_was_taken_over_is_not_taken_over_again(some: list[Thing]) -> None:
    found = rewritten(live(*some), BODY, OURS)
    if found is not None:
        assert rewritten(live(*found), BODY, OURS) is None


def test_fields_of_another_version_count_as_far_as_they_are_there() -> None:
    old = entry("kubectl", "Update", [("f:spec", "f:a"), ("f:spec", "f:gone")], version="extensions/v1beta1")
    (mine,) = rewritten(live(old), BODY, OURS) or ()
    assert mine["apiVersion"] == "apps/v1"
    assert paths_of(mine["fieldsV1"]) == {("f:spec", "f:a")}


def test_whoever_applied_client_side_is_known_by_the_annotation() -> None:
    annotation = ("f:metadata", "f:annotations", "f:kubectl.kubernetes.io/last-applied-configuration")
    found = rewritten(live(entry("anything", "Update", [annotation, ("f:spec", "f:b")])), BODY, OURS) or []
    assert [one["manager"] for one in found] == ["ours"]
    assert annotation in paths_of(found[0]["fieldsV1"])


def test_a_claims_class_and_finalizers_become_nobodys() -> None:
    """Taken out of a claim, the class would be refused; taken off, a finalizer acts."""
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"}, "spec": {}}
    paths = [("f:spec", "f:storageClassName"), ("f:metadata", "f:finalizers", 'v:"x"'), ("f:spec", "f:accessModes")]
    item = {**body, "metadata": {"name": "x", "managedFields": [entry("kubectl-create", "Update", paths, "v1")]}}
    (mine,) = rewritten(item, body, OURS) or ()
    assert paths_of(mine["fieldsV1"]) == {("f:spec", "f:accessModes")}


def test_keys_of_a_secret_that_were_applied_as_text_are_taken_over() -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {}}
    item = {**body, "metadata": {"name": "x", "managedFields": [entry("kubectl", "Apply", [("f:stringData", "f:key")], "v1")]}}
    (mine,) = rewritten(item, body, OURS) or ()
    assert paths_of(mine["fieldsV1"]) == {("f:data", "f:key")}


def test_what_people_marked_is_taken_over_as_far_as_it_is_declared() -> None:
    marks = entry("kubectl-label", "Update", [("f:metadata", "f:labels", "f:a"), ("f:metadata", "f:labels", "f:mine")])
    mine, left = rewritten(live(marks), BODY, OURS) or ()
    assert paths_of(mine["fieldsV1"]) == {("f:metadata", "f:labels", "f:a")}
    assert paths_of(left["fieldsV1"]) == {("f:metadata", "f:labels", "f:mine")}
    assert rewritten(live(mine, left), BODY, OURS) is None


def test_a_size_of_an_autoscaler_is_not_sent_and_that_of_a_person_is() -> None:
    for manager, sent in (("kube-controller-manager", False), ("kubectl", True)):
        body = {**BODY, "spec": {"replicas": 1}}
        drop_scaled(body, live(entry(manager, "Update", [("f:spec", "f:replicas")], subresource="scale")), "ours")
        assert ("replicas" in body["spec"]) is sent


JSON = st.recursive(
    st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def merged(item: Any, change: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(change, dict):
        return change
    item = dict(item) if isinstance(item, dict) else {}
    for name, value in change.items():
        if value is None:
            item.pop(name, None)
        else:
            item[name] = merged(item.get(name), value)
    return item


@given(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3), st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_a_merge_patch_makes_the_one_of_the_other(one: Thing, other: Thing) -> None:
    assert merged(one, merge_patch(one, other)) == other
