# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Causes told apart from what follows from them.

A graph of two kinds of nodes. Objects that are not as they should be lead to what rules say of them; what a rule says leads to the
objects that it points to, and a workload to the claims that it mounts. Where that ends are the causes, everything else follows from
them. What goes in a circle hides nothing: then all that is said in the circle are causes, but for what only points to others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeAlias

from .._objects.objects import Key, pod_template
from .._objects.references import references
from .._readiness.watched import WORKLOADS
from .evidence import Evidence
from .finding import Diagnosis, Finding, Unexplained
from .rule import Match, Rule
from .slow import is_only_slow
from .trouble import overdue, trouble

_LINES, _WORDS, _UNEXPLAINED = 5, 6, 40


@dataclass(frozen=True)
class _Said:
    """What a rule says of one object; its own node."""

    rule: Rule
    match: Match

    @property
    def young(self) -> bool:
        return self.match.age < self.rule.after

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


_Node: TypeAlias = "Key | _Said"


def diagnose(evidence: Evidence, rules: Iterable[Rule]) -> Diagnosis:
    """All causes, and what no rule explains."""
    said = _all_said(evidence, rules)
    edges = _edges(evidence, said)
    circles = _circles(edges)
    number = {node: index for index, some in enumerate(circles) for node in some}
    roots, slow = _ends(evidence, circles, number, edges)
    ends = {node: _reached(node, edges) & {*roots, *slow} for node in edges}
    findings = _findings(evidence, said, edges, roots, ends)
    explained = {node for node, some in ends.items() if isinstance(node, Key) and some}
    return Diagnosis(findings, _unexplained(evidence, explained, said), list(evidence.gaps))


def _all_said(evidence: Evidence, rules: Iterable[Rule]) -> list[_Said]:
    found: dict[tuple[str, Key, str], _Said] = {}
    refused = {refusal.about for refusal in evidence.refusals}
    for rule in rules:
        for signal in rule.signals:
            for match in signal(evidence):
                points_to = (*match.points_to, *(rule.points_to(evidence, match) if rule.points_to else ()))
                match = _with(match, points_to, refused)
                key = (rule.name, match.about, match.group)
                found[key] = _Said(rule, _merged(found[key].match, match) if key in found else match)
    special = {key for said in found.values() if not said.rule.general for key in (said.match.about, *said.match.objects)}
    kept = []
    for said in found.values():
        if said.rule.general:
            objects = tuple(key for key in said.match.objects if key not in special)
            if said.match.about in special or (said.match.objects and not objects):
                continue
        kept.append(said)
    return kept


def _with(match: Match, points_to: Iterable[Key], refused: Set[Key]) -> Match:
    """With what it points to. To itself it points only where it was refused: then what refused it comes first."""
    others = tuple(dict.fromkeys(key for key in points_to if key != match.about or key in refused))
    return Match(match.about, match.evidence, match.objects, others, match.age, match.words, match.group)


def _merged(one: Match, other: Match) -> Match:
    words = {name: _joined(one.words.get(name, ""), other.words.get(name, "")) for name in {**one.words, **other.words}}
    return Match(
        one.about,
        tuple(dict.fromkeys((*one.evidence, *other.evidence))),
        tuple(dict.fromkeys((*one.objects, *other.objects))),
        tuple(dict.fromkeys((*one.points_to, *other.points_to))),
        max(one.age, other.age),
        words,
        one.group,
    )


def _joined(one: str, other: str) -> str:
    return ", ".join(dict.fromkeys(part for text in (one, other) for part in text.split(", ") if part))


def _edges(evidence: Evidence, said: Sequence[_Said]) -> dict[_Node, set[_Node]]:
    edges: dict[_Node, set[_Node]] = defaultdict(set)
    for one in said:
        edges[one.match.about].add(one)
        for key in one.match.objects:
            edges[key].add(one)
        edges[one].update(one.match.points_to)
    for key in evidence.unwell:
        edges[key].update(_waits_for(evidence, key))
    for refusal, keys in evidence.held:
        edges[refusal.about].update(keys)
    for node in [node for some in edges.values() for node in some]:
        edges.setdefault(node, set())
    return dict(edges)


def _waits_for(evidence: Evidence, key: Key) -> list[Key]:
    """What a workload mounts and that is itself not as it should be."""
    if (key.group, key.kind) not in WORKLOADS or key not in evidence.objects:
        return []
    item = {**evidence.objects[key], "apiVersion": f"{key.group}/v1", "kind": key.kind}
    named = list(references((pod_template(item) or {}).get("spec") or {}, key.namespace))
    # A StatefulSet's own claims are named after it.
    for template in (item.get("spec") or {}).get("volumeClaimTemplates") or ():
        prefix = f"{template['metadata']['name']}-{key.name}-"
        named += [claim for claim, _item in evidence.of("", "PersistentVolumeClaim") if claim.name.startswith(prefix)]
    return [claim for claim in named if claim.kind == "PersistentVolumeClaim" and claim in evidence.unwell]


def _circles(edges: Mapping[_Node, set[_Node]]) -> list[list[_Node]]:
    """The strongly connected components (Tarjan), without recursion: chains can be long."""
    index: dict[_Node, int] = {}
    low: dict[_Node, int] = {}
    stack: list[_Node] = []
    on_stack: set[_Node] = set()
    found: list[list[_Node]] = []
    for first in edges:
        if first in index:
            continue
        index[first] = low[first] = len(index)
        stack.append(first)
        on_stack.add(first)
        work = [(first, iter(edges[first]))]
        while work:
            node, others = work[-1]
            following = next(others, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member is node or member == node:
                            break
                    found.append(component)
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(edges[following])))
            elif following in on_stack:
                low[node] = min(low[node], index[following])
    return found


def _ends(
    evidence: Evidence, circles: Sequence[Sequence[_Node]], number: Mapping[_Node, int], edges: Mapping[_Node, set[_Node]]
) -> tuple[set[_Node], set[_Node]]:
    """What is said where chains end, and objects in which they end that are only slow.

    Tarjan finds components after all that they lead to, so one pass is enough.
    """
    roots: set[_Node] = set()
    slow: set[_Node] = set()
    leads: list[bool] = []
    """Of each component, whether it leads to something that is said, or to what is only slow."""
    for position, some in enumerate(circles):
        onward = any(leads[number[other]] for node in some for other in edges[node] if number[other] != position)
        said = [node for node in some if isinstance(node, _Said)]
        if onward:
            leads.append(True)
        elif said:
            plain = [node for node in said if not node.match.points_to]
            roots.update(plain or said)
            leads.append(True)
        else:
            (key,) = some if len(some) == 1 else (some[0],)
            only_slow = isinstance(key, Key) and is_only_slow(evidence, key)
            if only_slow:
                slow.add(key)
            leads.append(only_slow)
    return roots, slow


def _reached(start: _Node, edges: Mapping[_Node, set[_Node]]) -> set[_Node]:
    seen: set[_Node] = set()
    todo = [start]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo.extend(edges[node])
    return seen


def _findings(
    evidence: Evidence, said: Sequence[_Said], edges: Mapping[_Node, set[_Node]], roots: set[_Node], ends: Mapping[_Node, set[_Node]]
) -> list[Finding]:
    causes: dict[tuple[str, str], list[_Said]] = defaultdict(list)
    for one in said:
        if one in roots and not one.young:
            causes[one.rule.name, one.match.group].append(one)
    found = []
    for some in causes.values():
        mine: set[_Node] = set(some)
        waiting = {node for node in edges if isinstance(node, Key) and node in evidence.unwell and ends[node] & mine}
        concerned = {key for one in some for key in (one.match.about, *one.match.objects)} | {
            node for node in waiting if isinstance(node, Key)
        }
        if not _is_ours(evidence, concerned):
            continue
        finding = _finding(evidence, some)
        own = {key for one in some for key in (one.match.about, *one.match.objects)}
        finding.behind = len(waiting - own)
        following: dict[tuple[str, str], list[_Said]] = defaultdict(list)
        for one in said:
            if one not in roots and ends[one] & mine:
                following[one.rule.name, one.match.group].append(one)
        finding.consequences = sorted((_finding(evidence, others) for others in following.values()), key=lambda one: -len(one.objects))
        for consequence in finding.consequences:
            consequence.heals = True
        found.append(finding)
    return sorted(found, key=lambda one: (one.heals, -one.behind - len(one.consequences), one.rule))


def _is_ours(evidence: Evidence, concerned: set[Key]) -> bool:
    """Whether the install has to do with it. Nodes, kinds and the API server itself concern everybody."""
    if evidence.planned is None:
        return any(not key.namespace or key.namespace in evidence.homes for key in concerned)
    return any(not key.namespace or key in evidence.planned for key in concerned)


def _finding(evidence: Evidence, some: Sequence[_Said]) -> Finding:
    rule = some[0].rule
    words: dict[str, str] = {}
    for one in some:
        for name, value in one.match.words.items():
            words[name] = _joined(words.get(name, ""), value)
    words = {name: _capped(value) for name, value in words.items()}
    objects = dict.fromkeys(key for one in some for key in (one.match.about, *one.match.objects))
    lines = dict.fromkeys(line for one in _in_turn([one.match.evidence for one in some]) for line in one)
    parts = dict.fromkeys(part for key in objects if (part := (evidence.planned or {}).get(key)))
    return Finding(
        rule.name,
        _filled(rule.cause, words),
        _filled(rule.remedy, words),
        _limited(list(lines), _LINES),
        # All of them: repairs look at each. What is shown is cut at the end.
        sorted(map(str, objects)),
        sorted(parts),
        rule.heals,
    )


def _in_turn(evidence: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The first line of each, then all others."""
    return [*(lines[:1] for lines in evidence), *(lines[1:] for lines in evidence)]


class _Words(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def _filled(sentence: str, words: Mapping[str, str]) -> str:
    return sentence.format_map(_Words(words))


def _capped(text: str) -> str:
    parts = text.split(", ")
    return text if len(parts) <= _WORDS else f"{', '.join(parts[:_WORDS])} and {len(parts) - _WORDS} more"


def _limited(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], f"and {len(lines) - most} more"]


def _unexplained(evidence: Evidence, explained: set[Key], said: Sequence[_Said]) -> list[Unexplained]:
    pointed_to = {key for one in said for key in one.match.points_to}
    found = []
    for key in evidence.unwell:
        if key in explained or not (_is_ours(evidence, {key}) or key in pointed_to) or _waits_for_a_pod(evidence, key):
            continue
        lines = trouble(evidence, key) or overdue(evidence, key)
        if lines:
            found.append(Unexplained(str(key), _limited(lines, _LINES * 2)))
    return sorted(found, key=lambda one: one.object)[:_UNEXPLAINED]


def _waits_for_a_pod(evidence: Evidence, key: Key) -> bool:
    """A claim whose volume is made when its pod is placed waits for nothing else; what keeps the pod is told of the pod."""
    last = [event.reason for event in evidence.current_events if event.about == key]
    return key.kind == "PersistentVolumeClaim" and last[-1:] in (["WaitForFirstConsumer"], ["WaitForPodScheduled"])
