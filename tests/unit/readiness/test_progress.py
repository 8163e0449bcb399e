# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What restarts the clock of a wait: nothing but coming nearer to ready."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from readiness.live import Item, item

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.judge import status_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.progress import Progress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.rule import RULES, Seen
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.status import CURRENT, NOT_FOUND, Status, in_progress

WEB, DATABASE = Key("apps", "Deployment", "n", "web"), Key("apps", "StatefulSet", "n", "database")
WORDS = st.sampled_from(["", "waits", "timed out", "ProgressDeadlineExceeded", "ErrImagePull"])
COUNTS = st.integers(0, 3)
STATUSES = st.one_of(
    st.just(CURRENT),
    st.just(NOT_FOUND),
    st.builds(lambda words, counts: in_progress(words or "waits", *counts), WORDS, st.lists(COUNTS, max_size=3)),
)
LOOKS = st.lists(st.fixed_dictionaries({WEB: STATUSES, DATABASE: STATUSES}), min_size=1, max_size=20)
"""What is seen of two objects, look by look."""
CONDITION = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Ready", "Available", "Progressing", "Established", "NamesAccepted", "Complete"]),
        "status": st.sampled_from(["True", "False", "Unknown"]),
        "reason": WORDS,
        "message": WORDS,
    }
)
FIELDS = (
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "currentReplicas",
    "active",
    "succeeded",
)
FIELDS += ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable")
LIVE = st.builds(
    lambda wanted, status: item(spec={"replicas": wanted}, status=status),
    COUNTS,
    st.fixed_dictionaries({"conditions": st.lists(CONDITION, max_size=4)}, optional=dict.fromkeys(FIELDS, COUNTS)),
)


def clock_after(looks: list[dict[Key, Status]]) -> float:
    """When something last came nearer, where look number n is at second n."""
    progress = Progress(0)
    for second, statuses in enumerate(looks):
        progress.look({"app": statuses}, second)
    return len(looks) - progress.still("app", len(looks))


def test_a_missing_secret_stalls_whatever_is_said_of_it_meanwhile() -> None:
    """The Deployment's time runs out after ten minutes: other words, and it is as far as it was."""
    waiting = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1}
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "has timed out progressing"}
    before, after = (
        status_of("apps", "Deployment", item(status=status), Seen()) for status in (waiting, {**waiting, "conditions": [late]})
    )
    assert before != after
    assert clock_after([{WEB: before}] * 600 + [{WEB: after}] * 300) == 0


def test_a_pod_that_comes_and_goes_counts_once() -> None:
    down, up = in_progress("0 of 2", 1, 0), in_progress("1 of 2", 1, 1)
    assert clock_after([{WEB: status} for status in (down, up, down, up, down, up)]) == 1
    assert clock_after([{WEB: status} for status in (down, CURRENT, down, CURRENT)]) == 1


def test_an_object_that_appears_and_one_that_is_ready_are_progress() -> None:
    made = in_progress("0 of 1", 0)
    assert clock_after([{WEB: NOT_FOUND}, {WEB: made}]) == 1
    assert clock_after([{WEB: made}, {WEB: CURRENT}]) == 1
    assert clock_after([{WEB: CURRENT}, {WEB: NOT_FOUND}]) == 0


@given(LOOKS)
def test_what_has_been_seen_once_is_no_progress_a_second_time(looks: list[dict[Key, Status]]) -> None:
    assert clock_after(looks + looks) == clock_after(looks)


@given(LOOKS, st.data())
def test_a_run_whose_statuses_only_change_words_stalls(looks: list[dict[Key, Status]], data: st.DataObject) -> None:
    last = looks[-1]
    others = [
        {key: Status(status.state, status.message and data.draw(WORDS), status.progress) for key, status in last.items()}
        for _look in range(5)
    ]
    assert clock_after(looks + others) == clock_after(looks)


@given(st.sampled_from(sorted(RULES)), LIVE, st.lists(st.tuples(WORDS, WORDS), min_size=4, max_size=4))
def test_no_rule_takes_words_for_progress(kind: tuple[str, str], live: Item, words: list[tuple[str, str]]) -> None:
    """Reasons and messages of conditions, and when they were written."""
    changed: Any = copy.deepcopy(live)
    for condition, (reason, message) in zip(changed["status"]["conditions"], words, strict=False):
        condition |= {"reason": reason, "message": message, "lastTransitionTime": reason, "lastUpdateTime": message}
    assert status_of(*kind, live, Seen()).reached == status_of(*kind, changed, Seen()).reached


@given(LOOKS)
def test_the_clock_is_restarted_only_by_an_object_that_is_nearer_than_ever(looks: list[dict[Key, Status]]) -> None:
    """So a wait has an end whatever happens: an object comes nearer a bounded number of times."""
    last = int(clock_after(looks))
    before, then = looks[:last], looks[last]
    assert last == 0 or any(then[key].reached > max(look[key].reached for look in before) for key in then)
    for number, look in enumerate(looks[last + 1 :], last + 1):
        assert all(look[key].reached <= max(seen[key].reached for seen in looks[:number]) for key in look)


def test_a_part_stands_still_while_others_go_on() -> None:
    progress = Progress(0)
    for second in range(10):
        progress.look({"app": {WEB: in_progress("waits")}, "base": {DATABASE: in_progress("pods", second)}}, second)
    assert progress.still("app", 10) == 10
    assert progress.still("base", 10) == 1


def test_a_part_that_becomes_ready_starts_the_clocks_of_the_others_once() -> None:
    """What they wait for may have been that part; one that comes and goes may not keep the wait alive."""
    progress = Progress(0)
    for second, base in enumerate([in_progress("waits"), CURRENT, in_progress("waits"), CURRENT, in_progress("waits"), CURRENT]):
        progress.look({"app": {WEB: in_progress("waits")}, "base": {DATABASE: base}}, second)
    assert progress.still("app", 6) == 5
