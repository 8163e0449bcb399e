# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Diffs for people."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.diff import comparable, diff_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.result import Change, Failure, Outcome, PartOutcome


def thing(kind: str = "ConfigMap", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "namespace": "n"}, **fields}


def test_bookkeeping_and_status_do_not_count() -> None:
    live = thing(data={"a": "1"}, status={"ready": True})
    live["metadata"].update(resourceVersion="5", managedFields=[{}], uid="u", generation=2, creationTimestamp="now")
    before = copy.deepcopy(live)
    assert comparable(live) == thing(data={"a": "1"})
    assert live == before


def test_a_created_object_has_no_before() -> None:
    (entry,) = diff_of([Change("part", "ConfigMap n/x", None, thing(data={"a": "1"}))])
    assert entry["before"] == ""
    assert yaml.safe_load(entry["after"])["data"] == {"a": "1"}
    assert entry["before_header"] == "part: ConfigMap n/x"


def test_secrets_are_masked_and_what_changed_still_shows() -> None:
    before = thing("Secret", data={"same": "c2FtZQ==", "other": "b2xk", "gone": "Z29uZQ=="})
    before["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": '{"data": "c2FtZQ=="}'}
    after = thing("Secret", data={"same": "c2FtZQ==", "other": "bmV3", "added": "YWRkZWQ="})
    (entry,) = diff_of([Change("part", "Secret n/x", before, after)])
    text = entry["before"] + entry["after"]
    assert not any(value in text for value in ("c2FtZQ==", "b2xk", "Z29uZQ==", "bmV3", "YWRkZWQ="))
    assert yaml.safe_load(entry["before"])["data"] == {"same": "(masked)", "other": "(masked)", "gone": "(masked)"}
    assert yaml.safe_load(entry["after"])["data"] == {"same": "(masked)", "other": "(masked, changed)", "added": "(masked, changed)"}
    # The originals are still needed.
    assert after["data"]["other"] == "bmV3"


def test_failures_for_people_name_causes_first_and_count_what_waits() -> None:
    held = [Failure("a", f"ConfigMap n/{number}", "needs Namespace n, which failed", "Namespace n") for number in range(5)]
    outcome = Outcome([PartOutcome("a")], [*held, Failure("a", "Namespace n", "refused")], [])
    assert outcome.failure_text().splitlines() == [
        "Namespace n (part a): refused",
        "not sent: ConfigMap n/0, ConfigMap n/1, ConfigMap n/2 and 2 more: needs Namespace n, which failed",
    ]
