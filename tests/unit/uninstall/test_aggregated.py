# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Aggregated ClusterRoles and what of them the controller would write."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resource
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.aggregated import in_turns, is_filled, sources_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.deleting import Patience
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.doomed import Doomed, Step

Thing = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
RESOURCE = Resource(GROUP, "v1", "ClusterRole", "clusterroles", False)
SIZE = 6


def role(name: str, *rules: str, of: tuple[str, ...] = (), feeds: tuple[str, ...] = ()) -> Thing:
    """One that is filled from roles with any of the labels C(of), and that others are filled from by the labels C(feeds)."""
    selectors = [{"matchLabels": {label: "true"}} for label in of]
    found: Thing = {"metadata": {"name": name, "labels": dict.fromkeys(feeds, "true")}, "rules": [{"verbs": [rule]} for rule in rules]}
    return {**found, "aggregationRule": {"clusterRoleSelectors": selectors}} if of else found


def fill(roles: dict[str, Thing]) -> None:
    """As the controller does, until there is nothing more to do."""
    while todo := [one for one in roles.values() if not is_filled(one, roles)]:
        for one in todo:
            rules: list[Thing] = []
            for name in sources_of(one, roles):
                rules += [rule for rule in roles[name]["rules"] if rule not in rules]
            one["rules"] = rules


class Answers:
    """A cluster that has these ClusterRoles."""

    def __init__(self, roles: dict[str, Thing]) -> None:
        self.roles = roles

    def get(self, path: str, **_how: Any) -> Thing:
        assert path == f"/apis/{GROUP}/v1/clusterroles"
        return {"items": list(self.roles.values())}


def doomed(name: str) -> Doomed:
    return Doomed(Step.AGGREGATED, "a", Key(GROUP, "ClusterRole", "", name), RESOURCE, {"name": name, "uid": name})


@st.composite
def chains(draw: st.DrawFn) -> dict[str, Thing]:
    """Roles of which each may be filled from any that come after it, and leaves."""
    roles: dict[str, Thing] = {}
    for place in range(SIZE):
        feeds = draw(st.sets(st.integers(0, place - 1))) if place else set()
        of = (f"for-{place}",) if draw(st.booleans()) else ()
        rules = () if of else tuple(draw(st.sets(st.sampled_from("xyz"))))
        roles[f"r{place}"] = role(f"r{place}", *rules, of=of, feeds=tuple(f"for-{one}" for one in sorted(feeds)))
    return roles


@given(chains(), st.sets(st.integers(0, SIZE - 1)))
def test_while_they_go_the_controller_never_has_anything_to_write(roles: dict[str, Thing], some: set[int]) -> None:
    """Whatever goes: a role that is to be written to could be made anew by that."""
    fill(roles)
    going = [f"r{number}" for number in sorted(some) if "aggregationRule" in roles[f"r{number}"]]
    seen = []
    for turn in in_turns(Answers(roles), [doomed(name) for name in going], Patience(Deadline(5), 1)):  # type: ignore[arg-type]
        for entry in turn:
            del roles[entry.key.name]
            seen.append(entry.key.name)
            assert all(is_filled(roles[name], roles) for name in going if name in roles)
    assert sorted(seen) == going


def test_what_the_controller_is_still_to_write_is_waited_for() -> None:
    roles = {"all": role("all", of=("sum",)), "one": role("one", "get", feeds=("sum",))}
    answers, asked = Answers(roles), []

    def get(_path: str, **_how: Any) -> Thing:
        asked.append(len(asked))
        if len(asked) == 3:
            fill(roles)
        return {"items": list(roles.values())}

    answers.get = get  # type: ignore[method-assign]
    (turn,) = in_turns(answers, [doomed("all")], Patience(Deadline(20), 10))  # type: ignore[arg-type]
    assert [entry.key.name for entry in turn] == ["all"] and len(asked) == 3


def test_a_controller_that_does_nothing_is_not_waited_for_longer_than_anything_else() -> None:
    roles = {"all": role("all", of=("sum",)), "one": role("one", "get", feeds=("sum",))}
    assert len(list(in_turns(Answers(roles), [doomed("all")], Patience(Deadline(20), 0.1)))) == 1  # type: ignore[arg-type]


def test_roles_that_fill_each_other_go_at_once() -> None:
    roles = {"a": role("a", of=("x",), feeds=("y",)), "b": role("b", of=("y",), feeds=("x",))}
    (turn,) = in_turns(Answers(roles), [doomed("a"), doomed("b")], Patience(Deadline(5), 1))  # type: ignore[arg-type]
    assert len(turn) == 2


def test_nothing_is_asked_for_none() -> None:
    assert list(in_turns(Answers({}), [], Patience(Deadline(5), 1))) == []  # type: ignore[arg-type]
