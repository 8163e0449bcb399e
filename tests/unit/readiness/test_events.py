# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events by what they are about, the pulls that they tell of, and the file that keeps them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from hypothesis import given
from readiness.live_pods import EVENTS, IMAGE, Thing, at, event

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness import journal
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.events import Events, last_seen, pulls_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.journal import Journal


def test_events_are_in_order_of_time_and_each_counts_as_it_was_last() -> None:
    events = Events()
    first, second = event("A", "a", 5), event("B", "b", 3)
    for one in (first, second, {**first, "lastTimestamp": at(9), "count": 2}):
        events.take(one)
    assert [(one["reason"], one["count"]) for one in events.about("u")] == [("B", 1), ("A", 2)]
    assert events.about("other") == []
    assert [one["reason"] for one in events.named("Pod", "n", "p")] == ["B", "A"]


def test_within_a_second_the_later_write_is_the_later_event() -> None:
    events = Events()
    pulled, pulling = event("Pulled", "b", 5), event("Pulling", "a", 5)
    pulling["metadata"]["resourceVersion"], pulled["metadata"]["resourceVersion"] = "9", "10"
    events.take(pulled)
    events.take(pulling)
    assert [one["reason"] for one in events.about("u")] == ["Pulling", "Pulled"]


def test_one_object_does_not_fill_the_memory() -> None:
    events = Events()
    for number in range(500):
        events.take(event("Unhealthy", f"again {number}", number, "Warning"))
    assert len(events.about("u")) == 100
    assert events.about("u")[-1]["message"] == "again 499"


def test_a_series_of_the_newer_api_has_its_own_time() -> None:
    assert last_seen({"metadata": {}, "eventTime": "1970-01-01T00:00:05.000000Z", "series": {"lastObservedTime": at(7)}}) == 7
    assert last_seen({"metadata": {}, "eventTime": "1970-01-01T00:00:05.500000Z", "firstTimestamp": None}) == 5.5


def test_pulls() -> None:
    pulls = pulls_of(
        [
            event("Pulling", f'Pulling image "{IMAGE}"', 10),
            event("Failed", f'Failed to pull image "{IMAGE}": 429', 20, "Warning"),
            event("Pulling", f'Pulling image "{IMAGE}"', 30),
            event("Pulling", 'Pulling image "b"', 31),
            event("Pulled", f'Successfully pulled image "{IMAGE}" in 42s', 72),
            event("Pulled", 'Container image "c" already present on machine', 73),
        ]
    )
    assert (pulls[IMAGE].began, pulls[IMAGE].ended, pulls[IMAGE].runs, pulls[IMAGE].error) == (10, 72, False, "")
    assert (pulls["b"].again, pulls["b"].runs) == (31, True)
    assert (pulls["c"].began, pulls["c"].ended) == (None, 73)


@given(EVENTS)
def test_any_events_can_be_read(some: list[Thing]) -> None:
    events = Events()
    for one in some:
        events.take(one)
    pulls_of(events.about("u"))


def test_the_file_keeps_what_tells_something_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "work" / "events.jsonl"
    kept = Journal(path)
    warning = event("FailedMount", "no token", 5, "Warning")
    warning["metadata"]["managedFields"] = [{"manager": "kubelet"}]
    kept.take([warning, event("Scheduled", "assigned", 1), event("Pulling", "Pulling image", 2)])
    kept.take([{**warning, "count": 7}])
    kept.write()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["kind"], line["reason"], line["count"]) for line in lines] == [("Event", "Pulling", 1), ("Event", "FailedMount", 7)]
    assert "managedFields" not in lines[1]["metadata"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_file_keeps_the_newest_warnings_and_says_what_is_left_out(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "events.jsonl")
    kept.take([event("FailedMount", str(number), number, "Warning") for number in range(journal._MOST)])
    kept.take([event("Pulling", str(number), 10**6 + number) for number in range(3)])
    kept.take([event("FailedMount", "newest", 10**7, "Warning")])
    kept.write()
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert lines[-1] == {"kind": "Omitted", "count": 4}
    assert {line["reason"] for line in lines[:-1]} == {"FailedMount"}
    assert [line["message"] for line in (lines[0], lines[-2])] == ["1", "newest"]
