# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The small vocabulary of which rules are made: each makes a signal of what it is given.

Patterns are regular expressions that are searched for. Their named groups become words of the match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .._common.times import seconds_or
from .._objects.objects import Key
from .._readiness.pods import NO_IMAGE, container_statuses, spec_containers
from .evidence import Event, Evidence, Item
from .rule import Match, Signal

About = Callable[[Key, dict[str, str]], Key]
"""From the object that something was said of, and the words of the match, to the object that is wrong."""
_LINE = 600


def named(kind: str, word: str, group: str = "") -> About:
    """The object of a kind, in the same namespace, whose name is one of the words."""
    return lambda key, words: Key(group, kind, key.namespace, words[word])


def event(pattern: str, *, reason: str = "", about: About | None = None, group: str = "") -> Signal:
    """An event that still says something.

    :arg reason: a pattern for the whole of its reason.
    :arg about: by default the workload that the event is about.
    :arg group: word by which causes are told apart.
    """
    wanted = re.compile(pattern)

    def see(evidence: Evidence) -> Iterator[Match]:
        for found in evidence.current_events:
            if reason and not re.fullmatch(reason, found.reason):
                continue
            if matched := wanted.search(found.message):
                yield _of_event(evidence, found, _words(matched), about, group)

    return see


def _of_event(evidence: Evidence, found: Event, words: dict[str, str], about: About | None, group: str) -> Match:
    owner = evidence.owner(found.about)
    wrong = about(owner, words) if about else owner
    objects = () if wrong == owner else (owner,)
    return Match(wrong, (short(str(found)),), objects, age=evidence.now - found.first, words=words, group=words.get(group, ""))


def log(pattern: str, *, container: str = "", workload: str = "", namespace: str = "", about: About | None = None) -> Signal:
    """A line in the log of a container of a pod that is not as it should be.

    :arg container, workload, namespace: patterns for the whole of the names.
    """
    wanted = re.compile(pattern)

    def see(evidence: Evidence) -> Iterator[Match]:
        for written in evidence.logs:
            owner = evidence.owner(written.pod)
            if not _fits(container, written.container) or not _fits(workload, owner.name) or not _fits(namespace, owner.namespace):
                continue
            for line in written.text.splitlines():
                if matched := wanted.search(line):
                    words = _words(matched)
                    wrong = about(owner, words) if about else owner
                    said = (
                        f"{written.pod}: log of container {written.container}{', before its last start' * written.previous}: {line.strip()}"
                    )
                    pod = evidence.objects.get(written.pod)
                    age = evidence.age(pod) if pod else float("inf")
                    yield Match(wrong, (short(said),), () if wrong == owner else (owner,), age=age, words=words)
                    break

    return see


def waiting(reason: str, pattern: str = "") -> Signal:
    """A container that waits, by patterns for its whole reason and for its message."""

    def see(evidence: Evidence) -> Iterator[Match]:
        for key, pod, status in _containers(evidence):
            found = (status.get("state") or {}).get("waiting") or {}
            if re.fullmatch(reason, found.get("reason") or "") and (matched := re.search(pattern, found.get("message") or "")):
                said = f"{key}: container {status['name']}: {found['reason']}: {found.get('message', '')}".rstrip(": ")
                words = {"container": status["name"], **_words(matched)}
                yield Match(evidence.owner(key), (short(said),), age=evidence.age(pod), words=words)

    return see


def ended(
    *, reason: str = "", code: int | None = None, pattern: str = "", container: str = "", workload: str = "", restarts: int = 0
) -> Signal:
    """A container that has ended, now or before its last start.

    :arg restarts: how often it has been started anew at least.
    """

    def see(evidence: Evidence) -> Iterator[Match]:
        for key, pod, status in _containers(evidence):
            owner = evidence.owner(key)
            if not _fits(container, status["name"]) or not _fits(workload, owner.name) or status.get("restartCount", 0) < restarts:
                continue
            for state in ("state", "lastState"):
                found = (status.get(state) or {}).get("terminated")
                if not found or not found.get("exitCode"):
                    continue
                fits = _fits(reason, found.get("reason") or "") and code in (None, found["exitCode"])
                if fits and (matched := re.search(pattern, found.get("message") or "")):
                    said = f"{key}: container {status['name']} ended with exit code {found['exitCode']}: {found.get('reason', '')} {found.get('message', '')}"
                    words = {"container": status["name"], "workload": str(owner), **_words(matched)}
                    yield Match(owner, (short(said.strip(": ")),), age=evidence.age(pod), words=words)
                    break

    return see


def pull(pattern: str) -> Signal:
    """A container whose image cannot be had, by what the registry or the container runtime says. Words: C(image), C(registry)."""
    wanted = re.compile(pattern, re.IGNORECASE)

    def see(evidence: Evidence) -> Iterator[Match]:
        for key, pod, status in _containers(evidence):
            found = (status.get("state") or {}).get("waiting") or {}
            if found.get("reason") not in NO_IMAGE:
                continue
            image = status.get("image") or next((entry["image"] for entry in spec_containers(pod) if entry["name"] == status["name"]), "")
            said = [f"{key}: container {status['name']}: {found['reason']}: {found.get('message', '')}"]
            # While a kubelet pauses between two tries, older ones say in the event alone why.
            said += [str(entry) for entry in evidence.current_events if entry.about == key and image in entry.message]
            if line := next((line for line in said if wanted.search(line)), ""):
                words = {"image": image, "registry": registry_of(image)}
                yield Match(evidence.owner(key), (short(line),), age=evidence.age(pod), words=words)

    return see


def registry_of(image: str) -> str:
    """The host that an image comes from."""
    first = image.partition("/")[0]
    return first if "/" in image and ("." in first or ":" in first or first == "localhost") else "docker.io"


def condition(group: str, kind: str, type_: str, status: str = "False", pattern: str = "", reason: str = "") -> Signal:
    """A condition of an object. Words: C(name), C(reason), C(message)."""

    def see(evidence: Evidence) -> Iterator[Match]:
        for key, item in evidence.of(group, kind):
            for found in (item.get("status") or {}).get("conditions") or ():
                if found["type"] != type_ or found["status"] not in status.split("|") or not _fits(reason, found.get("reason") or ""):
                    continue
                if matched := re.search(pattern, found.get("message") or ""):
                    since = evidence.now - seconds_or(found.get("lastTransitionTime"), evidence.now - evidence.age(item))
                    words = {
                        "name": key.name,
                        "reason": found.get("reason") or "",
                        "message": found.get("message") or "",
                        **_words(matched),
                    }
                    yield Match(key, (short(told(key, found)),), age=since, words=words)

    return see


def told(key: Key, found: Item) -> str:
    """A condition as a line."""
    return f"{key}: {found['type']} is {found['status']}: {found.get('reason', '')}: {found.get('message', '')}".rstrip(": ")


def refused(pattern: str, *, group: str = "") -> Signal:
    """An object that the phase apply could not apply, by the API server's words."""
    wanted = re.compile(pattern, re.DOTALL)

    def see(evidence: Evidence) -> Iterator[Match]:
        for refusal in evidence.refusals:
            if not refusal.because_of and (matched := wanted.search(refusal.message)):
                words = {"kind": refusal.about.kind, "part": refusal.part, **_words(matched)}
                said = f"{refusal.about} was not applied: {refusal.message}"
                yield Match(refusal.about, (short(said),), words=words, group=words.get(group, ""))

    return see


def short(line: str) -> str:
    """On one line, and not too much of it."""
    line = " ".join(line.split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 2]} …"


def _fits(pattern: str, text: str) -> bool:
    return not pattern or bool(re.fullmatch(pattern, text))


def _words(matched: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in matched.groupdict().items() if value is not None}


def _containers(evidence: Evidence) -> Iterator[tuple[Key, Item, Item]]:
    for key, pod in evidence.unwell_pods:
        for status in container_statuses(pod):
            yield key, pod, status
