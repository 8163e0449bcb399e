# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a run ended, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._apply.told import each
from .given import count, mapping, mappings, text, texts
from .model import Finding, Verdict

Result = Mapping[str, Any]
# Every state that a verdict can have, and what it means.
STATES = {
    "ready": "everything is ready",
    "not_ready": "something is not ready",
    "refused": "objects were refused, or could not be sent",
    "stopped": "the run ended before anything was applied",
    "predicted": "check mode: what a run would do; nothing was changed",
    "applied": "applied, and not waited for",
    "rendered": "rendered, and not applied",
    "chosen": "parts were chosen, and no more",
    "diagnosed": "nothing was installed; the cluster was looked at",
}


def plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def failed_phase(results: Mapping[str, Result]) -> tuple[str, str]:
    """The phase that failed, and its module's words; empty where none has."""
    for name, result in results.items():
        # Module ready may tell by its reason alone that it has ended before everything was ready.
        if result.get("failed") or text(result.get("reason")):
            return name, text(result.get("msg"))
    return "", ""


def verdict_of(results: Mapping[str, Result], findings: Sequence[Finding], *, check_mode: bool) -> Verdict:
    """:arg results: what the phases returned, by their names, in order; a phase that did not run is not among them."""
    phase, message = failed_phase(results)
    brief = message.strip().partition("\n")[0]
    if phase and phase not in ("apply", "ready"):
        words = {"render": "The plan does not render", "preflight": "Preflight refuses this cluster"}.get(phase, f"Phase {phase} failed")
        # What preflight found stands below by itself.
        return Verdict("stopped", False, f"{words}.", "The cluster was not touched." if phase == "preflight" else brief)
    applied, ready = results.get("apply", {}), results.get("ready", {})
    refused = len(list(each(mappings(applied.get("failures")))))
    if refused:
        text_of = f"{plural(refused, 'object')} {'would not be' if check_mode else ('is' if refused == 1 else 'are') + ' not'} applied."
        return Verdict("refused", False, text_of, _first(findings) or "The others are as the plan wants them." * (not check_mode))
    if phase == "apply":
        return Verdict("stopped", False, "Nothing was applied.", brief.removeprefix("Nothing was applied: "))
    if check_mode and applied:
        return _predicted(applied, ready)
    if ready:
        return _waited(ready, findings, brief)
    if applied:
        return Verdict("applied", True, "Everything is applied.", "Nobody has waited until it is ready.")
    if "diagnose" in results:
        return _diagnosed(results["diagnose"], findings)
    if "render" in results:
        return Verdict("rendered", True, "The plan is rendered.", "No cluster was touched.")
    return Verdict("chosen", True, "The parts are chosen.", "Nothing was rendered or applied.")


def _predicted(applied: Result, ready: Result) -> Verdict:
    created, changed = (sum(count(part.get(name)) or 0 for part in mappings(applied.get("parts"))) for name in ("created", "changed"))
    now = mappings(ready.get("parts"))
    detail = f"{sum(part.get('ready') is True for part in now)} of {plural(len(now), 'part')} are ready now." if now else ""
    if not created and not changed:
        return Verdict("predicted", True, "Nothing would change.", detail)
    words = " and ".join(
        f"{plural(number, 'object')} would be {what}" for number, what in ((created, "created"), (changed, "changed")) if number
    )
    return Verdict("predicted", True, f"{words}.", f"Nothing was changed: this was check mode. {detail}".strip())


def _waited(ready: Result, findings: Sequence[Finding], brief: str) -> Verdict:
    parts = mappings(ready.get("parts"))
    good = sum(part.get("ready") is True for part in parts)
    if ready.get("ready") is True:
        return Verdict("ready", True, "Everything is ready.", f"{good} of {plural(len(parts), 'part')}.")
    if not parts:
        return Verdict("not_ready", False, "Whether it is ready is not known.", _first(findings) or brief)
    bad = len(parts) - good
    words = f"{bad} of {plural(len(parts), 'part')} {'is' if bad == 1 else 'are'} not ready."
    return Verdict("not_ready", False, words, _first(findings) or _sentence(text(ready.get("reason"))))


def _diagnosed(diagnosed: Result, findings: Sequence[Finding]) -> Verdict:
    release, unexplained, gaps = mapping(diagnosed.get("release")), mappings(diagnosed.get("unexplained")), texts(diagnosed.get("gaps"))
    if findings:
        return Verdict("diagnosed", False, f"{plural(len(findings), 'cause')} found.", _first(findings))
    if unexplained:
        words = (
            f"{plural(len(unexplained), 'object')} {'is' if len(unexplained) == 1 else 'are'} not well for a reason that is not known here."
        )
        return Verdict("diagnosed", False, words, _sentence(text(unexplained[0].get("object"))))
    if release and not text(release.get("name")):
        return Verdict("diagnosed", False, "No Kubeflow that is known here was found.", _sentence(text(release.get("text"))))
    return Verdict(
        "diagnosed", True, "No cause of trouble is known here.", _sentence(f"Not everything was seen: {gaps[0]}") if gaps else ""
    )


def _first(findings: Sequence[Finding]) -> str:
    return _sentence(findings[0].cause) if findings else ""


def _sentence(words: str) -> str:
    words = words.strip()
    return words if not words or words[-1] in ".!?" else f"{words}."
