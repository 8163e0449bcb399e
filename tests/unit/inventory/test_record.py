# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The install record: written as it is read, and read whatever somebody wrote."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.recording import Recording, digest_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.left import Left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.record import PartRecord, read_record, record_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan

Thing = dict[str, Any]
LEFT = Left("ConfigMap", "istio-*", "pilot-discovery", "istio-system/istiod")
texts = st.text(max_size=8)
lefts = st.builds(Left, texts, texts, texts, texts, st.text(min_size=1, max_size=8), st.none() | st.text(min_size=1, max_size=8))
records = st.builds(PartRecord, texts, texts, texts, texts, texts, st.lists(texts).map(tuple), st.lists(lefts, max_size=2).map(tuple))


def secret(value: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}, "stringData": {"password": value}}


def deployment(namespace: str, name: str) -> Thing:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": {}}


@given(st.dictionaries(texts, records, max_size=3))
def test_a_record_is_read_as_it_was_written(written: dict[str, PartRecord]) -> None:
    assert read_record(record_of(None, written)) == written


json_values = st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda some: st.lists(some) | st.dictionaries(texts, some))


@given(st.dictionaries(st.sampled_from([*PartRecord.__dataclass_fields__, "newer"]), json_values))
def test_what_a_newer_collection_or_a_person_wrote_is_read_as_far_as_it_is_known(told: Thing) -> None:
    (record,) = read_record({"data": {"katib": json.dumps(told)}}).values()
    for name in ("release", "digest", "when", "by", "collection"):
        assert getattr(record, name) == (told.get(name) if isinstance(told.get(name), str) else "")


@given(st.none() | texts | st.lists(texts).map(json.dumps))
def test_what_is_no_record_counts_as_not_recorded(text: str | None) -> None:
    assert read_record({"data": {"katib": text}}) == {} or isinstance(json.loads(text or ""), dict)


def test_no_config_map_is_an_empty_record() -> None:
    assert read_record(None) == read_record({}) == read_record({"data": None}) == {}


def test_the_records_of_other_parts_are_left_as_they_are_even_where_they_cannot_be_read() -> None:
    live = {"data": {"newer": '{"unknown": 1}', "broken": "{", "gone": "{}", "katib": "{}"}}
    written = record_of(live, {"katib": PartRecord("26.03")}, gone=["gone"])["data"]
    assert {name: text for name, text in written.items() if name != "katib"} == {"newer": '{"unknown": 1}', "broken": "{"}
    assert read_record({"data": written})["katib"].release == "26.03"


def recording(*, value: str = "x", requires: tuple[str, ...] = ("istio",), release: str = "26.03") -> Recording:
    parts = (Part("katib", (secret("1"), deployment("kubeflow", value))), Part("istio", (deployment("istio-system", "istiod"),)))
    return Recording(Plan(release, parts), {"katib": requires}, [LEFT], "me@here", "1.0.0")


def test_an_apply_is_recorded_once() -> None:
    first = recording().after(None, set(), set())
    assert first
    known = read_record(first)
    assert known["katib"].requires == ("istio",)
    assert (known["katib"].left, known["istio"].left) == ((), (LEFT,))
    assert known["istio"].by == "me@here"
    assert recording().is_current(first)
    assert recording().after(first, set(), set()) is None


def test_what_changed_is_recorded_and_nothing_else() -> None:
    first = recording().after(None, set(), set())
    for other in (recording(value="y"), recording(requires=())):
        assert not other.is_current(first)
        second = other.after(first, set(), set())
        assert first and second
        assert second["data"]["katib"] != first["data"]["katib"]
        assert second["data"]["istio"] == first["data"]["istio"]
    # Somebody's change was put right: the settings are the same, and it was applied now.
    assert recording().after(first, {"istio"}, set())


def test_what_an_apply_is_not_told_stays_recorded() -> None:
    first = recording().after(None, set(), set())
    plan = Plan(
        "26.03", (Part("katib", (secret("1"), deployment("kubeflow", "x"))), Part("istio", (deployment("istio-system", "istiod"),)))
    )
    untold = Recording(plan, {}, [], "me@here", "1.0.0")
    assert untold.is_current(first)
    second = untold.after(first, {"katib", "istio"}, set())
    assert second
    records = read_record(second)
    assert records["katib"].requires == ("istio",)
    assert records["istio"].left == (LEFT,)


def test_a_part_that_failed_stays_recorded_as_it_was() -> None:
    first = recording().after(None, set(), {"katib"})
    assert first
    assert set(first["data"]) == {"istio"}
    assert recording(release="27.03").after(first, {"katib", "istio"}, {"katib", "istio"}) is None


def test_a_digest_does_not_tell_of_secrets_and_tells_of_all_else() -> None:
    assert digest_of(Part("a", (secret("1"),))) == digest_of(Part("a", (secret("2"),)))
    one, other = deployment("a", "b"), deployment("a", "c")
    assert digest_of(Part("a", (one,))) != digest_of(Part("a", (other,)))
    assert digest_of(Part("a", (one, other))) == digest_of(Part("a", (other, one)))


def test_what_a_controller_left_is_known_by_its_name_and_its_field_manager() -> None:
    live = {"metadata": {"managedFields": [{"manager": "pilot-discovery"}]}}
    key = Key("", "ConfigMap", "default", "istio-ca-root-cert")
    assert LEFT.is_of(key, live)
    assert not LEFT.is_of(key, {"metadata": {}})
    assert not LEFT.is_of(key, {"metadata": {"managedFields": [{"manager": "me"}]}})
    assert not LEFT.is_of(key._replace(name="mine"), live)
    assert not LEFT.is_of(key._replace(kind="Secret"), live)
    assert not Left("ConfigMap", "istio-*", "pilot-discovery", "a/b", namespace="kubeflow").is_of(key, live)
    assert Left("ConfigMap", "istio-*", "*", "a/b").is_of(key, live)
    assert not Left("ConfigMap", "istio-*", "controller*", "a/b").is_of(key, live)
