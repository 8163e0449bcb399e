# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What speaks against an object's becoming ready by itself, in the cluster's own words."""

from __future__ import annotations

from .._objects.objects import Key
from .._readiness.pods import ORDINARY, container_statuses
from .evidence import Evidence
from .signals import short

_READINESS_PROBE_SECONDS = 180.0
_OVERDUE_SECONDS = 600.0
# Programs that wait for others may end some times before those are there.
_RESTARTS = 6
_LOG_LINES = 3
# Warnings that come and go while everything is as it should be: a probe before a program answers, a volume or a Secret that is made
# a moment later, a claim that another pod is to use first.
_PASSING_SECONDS = {"Unhealthy": _READINESS_PROBE_SECONDS, "FailedMount": 180.0, "FailedScheduling": 60.0, "FailedCreate": 120.0}
_PASSING = {"BackOff", "DNSConfigForming", "ProbeWarning"}


def trouble(evidence: Evidence, key: Key) -> list[str]:
    """Lines about an object and its pods; none when it is only not ready yet."""
    lines = [*_of_events(evidence, key), *_of_pods(evidence, key)]
    if key.kind == "Job" and evidence.unwell.get(key, "").startswith(("BackoffLimitExceeded", "DeadlineExceeded", "Failed")):
        lines.insert(0, f"{key}: {evidence.unwell[key]}")
    lines += [short(f"{refusal.about} was not applied: {refusal.message}") for refusal in evidence.refusals if refusal.about == key]
    if lines:
        lines += [
            short(f"{log.pod}: log of container {log.container}: {line}")
            for log in evidence.logs_of(key)
            for line in [line for line in log.text.splitlines() if line.strip()][-_LOG_LINES:]
        ]
    return list(dict.fromkeys(lines))


def _of_events(evidence: Evidence, key: Key) -> list[str]:
    found = []
    for event in evidence.current_events:
        if not event.warning or event.reason in _PASSING or evidence.owner(event.about) != key:
            continue
        if evidence.now - event.first >= _PASSING_SECONDS.get(event.reason, 30.0):
            found.append(short(str(event)))
    return found


def _of_pods(evidence: Evidence, key: Key) -> list[str]:
    found = []
    for pod_key, pod in evidence.unwell_pods:
        if evidence.owner(pod_key) != key:
            continue
        status = pod.get("status") or {}
        if status.get("phase") == "Failed":
            found.append(short(f"{pod_key} has failed: {status.get('reason', '')} {status.get('message', '')}".strip()))
        for container in container_statuses(pod):
            waiting = (container.get("state") or {}).get("waiting") or {}
            ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get("terminated") or {}
            again = f"started anew {container.get('restartCount', 0)} times, ended last with exit code {ended.get('exitCode')} {ended.get('message') or ''}"
            if waiting.get("reason") == "CrashLoopBackOff" and container.get("restartCount", 0) < _RESTARTS:
                continue
            if (waiting.get("reason") or "") not in ORDINARY:
                words = f"{pod_key}: container {container['name']}: {waiting.get('reason')}: {waiting.get('message', '')}".rstrip(": ")
                found.append(short(f"{words}; {again}" if ended.get("exitCode") else words))
            elif ended.get("exitCode") and container.get("restartCount", 0) >= _RESTARTS:
                found.append(short(f"{pod_key}: container {container['name']}: {again}"))
    return found


def overdue(evidence: Evidence, key: Key) -> list[str]:
    """What is known of an object that nothing is wrong with, and that is not ready for a long time."""
    item = evidence.objects.get(key)
    if item is None or evidence.age(item) < _OVERDUE_SECONDS:
        return []
    lines = [f"{key}: {evidence.unwell[key]}, {evidence.age(item) / 60:.0f} minutes after it was made"]
    for pod_key, pod in evidence.pods_of(key):
        if not evidence.pod_is_well(pod):
            phase = (pod.get("status") or {}).get("phase", "Pending")
            lines.append(short(f"{pod_key} is {phase}; {_conditions(pod.get('status') or {})}".rstrip("; ")))
    lines += [short(str(event)) for event in evidence.current_events if evidence.owner(event.about) == key]
    return list(dict.fromkeys(lines))


def _conditions(status: dict[str, object]) -> str:
    given = status.get("conditions")
    conditions = given if isinstance(given, list) else []
    return "; ".join(
        f"{entry['type']} is {entry['status']}: {entry.get('message') or entry.get('reason') or ''}".rstrip(": ")
        for entry in conditions
        if entry.get("status") != "True"
    )
