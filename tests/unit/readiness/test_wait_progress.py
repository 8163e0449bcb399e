# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wait tells of what it sees."""

from __future__ import annotations

from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.status import CURRENT, Status, in_progress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.wait import NotReady, Verdict
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.wait_progress import WaitProgress

MAP, ISTIOD, KATIB = Key("", "ConfigMap", "a", "m"), Key("apps", "Deployment", "a", "istiod"), Key("apps", "Deployment", "a", "katib")


class Told(Channel):
    """Remembers."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    @property
    def is_open(self) -> bool:
        return True

    def tell(self, **line: Any) -> None:
        self.lines.append(line)


def look(progress: WaitProgress, parts: dict[str, dict[Key, Status]]) -> None:
    verdicts, known = [], {}
    for name, statuses in parts.items():
        not_ready = [NotReady(str(key), status.state, status.message) for key, status in statuses.items() if status != CURRENT]
        verdicts.append(Verdict(name, not not_ready, len(statuses), 3.0, not_ready))
        known.update(statuses)
    progress.look(verdicts, known, last=True)


def states(told: Told) -> list[tuple[str, str, str]]:
    return [(line["part"], line["state"], line["message"]) for line in told.lines if "part" in line]


def test_what_is_ready_at_the_first_look_is_no_news() -> None:
    told = Told()
    look(WaitProgress(told), {"istio": {ISTIOD: CURRENT, MAP: CURRENT}})
    assert told.lines == [{"totals": {"workloads": [1, 1]}, "waiting": None}]


def test_a_part_is_told_when_its_state_changes_and_only_then() -> None:
    told = Told()
    progress = WaitProgress(told)
    look(progress, {"istio": {ISTIOD: in_progress("0 of 1")}})
    look(progress, {"istio": {ISTIOD: in_progress("0 of 1, pulling")}})
    look(progress, {"istio": {ISTIOD: Status("Failed", "the image is gone")}})
    look(progress, {"istio": {ISTIOD: in_progress("0 of 1")}})
    look(progress, {"istio": {ISTIOD: CURRENT}})
    assert states(told) == [
        ("istio", "waiting", "Deployment a/istiod: 0 of 1"),
        ("istio", "failed", "Deployment a/istiod: the image is gone"),
        ("istio", "waiting", "Deployment a/istiod: 0 of 1"),
        ("istio", "ready", "after 3.0 s"),
    ]


def test_of_what_waits_equally_long_a_workload_says_most() -> None:
    told = Told()
    look(WaitProgress(told), {"istio": {MAP: in_progress("is not there"), ISTIOD: in_progress("0 of 1")}})
    assert states(told) == [("istio", "waiting", "Deployment a/istiod: 0 of 1 (and 1 more)")]
    assert told.lines[-1]["totals"] == {"workloads": [0, 1]}
    assert {name: told.lines[-1]["waiting"][name] for name in ("part", "object", "why")} == {
        "part": "istio",
        "object": "Deployment a/istiod",
        "why": "0 of 1",
    }


def test_what_waits_longest_is_told_whatever_its_place_in_the_plan() -> None:
    told = Told()
    progress = WaitProgress(told)
    look(progress, {"istio": {ISTIOD: CURRENT}, "katib": {KATIB: in_progress("0 of 1")}})
    look(progress, {"istio": {ISTIOD: in_progress("lost")}, "katib": {KATIB: in_progress("0 of 1")}})
    assert told.lines[-1]["waiting"]["object"] == "Deployment a/katib"
    look(progress, {"istio": {ISTIOD: in_progress("lost")}, "katib": {KATIB: CURRENT}})
    assert told.lines[-1]["waiting"]["object"] == "Deployment a/istiod"
