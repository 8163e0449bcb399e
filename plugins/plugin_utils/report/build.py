# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results of a run become the model. Nothing here reads a file, a clock or a cluster."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...module_utils._apply.told import each
from ...module_utils._objects.objects import key_of
from ...module_utils._render.plan import Plan
from .demand import images_of, is_secret, requests_of
from .given import count, mapping, mappings, moment_of_run, number, text, texts
from .masking import masker, secret_values
from .model import (
    Allocatable,
    Check,
    Cluster,
    Course,
    Credential,
    Dashboard,
    Finding,
    Nodes,
    NotReady,
    Orphan,
    Part,
    Refused,
    Report,
    Requests,
    Run,
    Timeline,
    Unexplained,
    Version,
)
from .timeline import courses_of, earliest, phases_of, started_by, waits_of, workloads_of
from .verdict import failed_phase, verdict_of

Result = Mapping[str, Any]
# A file of a GitHub release has its project and version in its address.
_RELEASED = re.compile(r"/([^/]+)/releases/download/([^/]+)/")


@dataclass(frozen=True)
class Inputs:
    """What a report is made from.

    :ivar results: what the phases' modules returned, by C(render), C(preflight), C(apply), C(ready), C(diagnose); may hold what was skipped.
    :ivar failed: phase that ended with an error of another task than its module's, and the words of it.
    :ivar plan: the plan of this run, None where there is none.
    :ivar runtime: versions of what the controller runs, by name.
    :ivar began: when the run began, None when nobody knows; seconds since the epoch, as C(now) is.
    """

    name: str
    release: str
    now: float
    began: float | None = None
    check_mode: bool = False
    provider: str = ""
    parts: Sequence[str] = ()
    phases: Sequence[str] = ()
    results: Mapping[str, Any] = field(default_factory=dict)
    cluster_info: Any = None
    release_file: Any = None
    dashboard: Any = None
    runtime: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[str, str] = ("", "")
    plan: Plan | None = None


def build(given: Inputs) -> Report:
    """The report of a run, whatever of its results there is."""
    objects = {part.name: part.objects for part in given.plan.parts} if given.plan else {}
    mask = masker(secret_values(item for some in objects.values() for item in some))
    results = {name: mapping(_masked(result, mask)) for name, result in given.results.items() if started_by(result)}
    phase, message = given.failed
    if phase and not results.get(phase, {}).get("failed"):
        results[phase] = {**results.get(phase, {}), "failed": True, "msg": mask(message)}
    rendered, applied, ready, diagnosed = (results.get(name, {}) for name in ("render", "apply", "ready", "diagnose"))
    began = moment_of_run(given.began, given.now)
    zero = earliest(results.values(), given.now) if began is None else began
    seconds = round(max(given.now - zero, 0.0), 2)
    workloads = workloads_of(ready, zero)
    courses = courses_of(rendered, applied, ready, workloads, zero, seconds)
    findings = findings_of(diagnosed.get("findings"))
    phase, message = failed_phase(results)
    info, file = (mapping(_masked(value, mask)) for value in (given.cluster_info, given.release_file))
    cluster = _cluster(given.provider, info, results)
    # Of parts that were only looked at it is known what is wrong, not how far they are.
    names = [] if set(results) == {"diagnose"} else list(dict.fromkeys([*given.parts, *courses]))
    requests = {name: requests_of(some, cluster.nodes.count if cluster.nodes else 1) for name, some in objects.items()}
    parts = [
        _part(name, given.check_mode, results, courses.get(name, Course()), requests.get(name), objects.get(name, ())) for name in names
    ]
    return Report(
        verdict=verdict_of(results, findings, check_mode=given.check_mode),
        run=Run(
            name=given.name,
            began=_rfc3339(zero),
            ended=_rfc3339(given.now),
            seconds=seconds,
            check_mode=given.check_mode,
            changed=any(result.get("changed") is True for result in results.values()),
            phases=[*given.phases],
            failed_phase=phase,
            failed_message=message,
            differences=text(applied.get("differences")),
        ),
        # A diagnosis knows what is there, whatever was chosen.
        release=text(mapping(diagnosed.get("release")).get("name")) or given.release,
        cluster=cluster,
        findings=findings,
        unexplained=[
            Unexplained(text(entry.get("object")), texts(entry.get("evidence"))) for entry in mappings(diagnosed.get("unexplained"))
        ],
        gaps=texts(diagnosed.get("gaps")),
        repaired=texts(diagnosed.get("repaired")),
        support_bundle=text(diagnosed.get("bundle")),
        refused=refused_of(applied),
        parts=parts,
        timeline=Timeline(seconds, phases_of(results, zero, seconds), workloads),
        waits=waits_of(applied, workloads, seconds),
        requests=sum(requests.values(), Requests()) if objects else None,
        preflight=[
            Check(
                check=text(entry.get("check")),
                result=text(entry.get("result")),
                message=text(entry.get("message")),
                remedy=text(entry.get("remedy")),
                evidence=texts(entry.get("evidence")),
            )
            for entry in mappings(results.get("preflight", {}).get("findings"))
        ],
        images_not_replaced=texts(rendered.get("images_not_replaced")),
        orphans=[Orphan(text(entry.get("part")), text(entry.get("object"))) for entry in mappings(applied.get("orphans"))],
        credentials=[
            Credential(name, str(key_of(item)), sorted({*(item.get("data") or {}), *(item.get("stringData") or {})}))
            for name, some in objects.items()
            for item in some
            if is_secret(item)
        ],
        dashboard=_dashboard(mapping(_masked(given.dashboard, mask))),
        versions=_versions(given.runtime, file, cluster),
    )


def findings_of(value: Any) -> list[Finding]:
    """Findings of module C(diagnose), with what hangs below them."""
    return [
        Finding(
            rule=text(entry.get("rule")),
            cause=text(entry.get("cause")),
            remedy=text(entry.get("remedy")),
            evidence=texts(entry.get("evidence")),
            objects=texts(entry.get("objects")),
            parts=texts(entry.get("parts")),
            heals=entry.get("heals") is True,
            behind=count(entry.get("behind")) or 0,
            consequences=findings_of(entry.get("consequences")),
        )
        for entry in mappings(value)
    ]


def refused_of(applied: Result) -> list[Refused]:
    """Failures of module C(apply), what was refused for the same as one; causes first, then what waited for them."""
    found: dict[tuple[str, str], list[Result]] = {}
    for entry in each(mappings(applied.get("failures"))):
        because = text(entry.get("because_of"))
        # Objects that wait for the same gate have the same words; what is refused for the same has the same cause, if not the same words.
        same = because or text(entry.get("cause")) or text(entry.get("message"))
        found.setdefault((because, same), []).append(entry)
    return [
        Refused(
            message=text(some[0].get("message")),
            because_of=because,
            parts=sorted({text(entry.get("part")) for entry in some}),
            objects=[text(entry.get("object")) for entry in some],
        )
        for (because, _same), some in sorted(found.items(), key=lambda item: (bool(item[0][0]), -len(item[1])))
    ]


def _part(
    name: str, check_mode: bool, results: Mapping[str, Result], course: Course, requests: Requests | None, objects: Sequence[dict[str, Any]]
) -> Part:
    built, applied, verdict = (_of(results.get(phase, {}), name) for phase in ("render", "apply", "ready"))
    return Part(
        name=name,
        state=_state(built, applied, verdict, check_mode),
        objects=count(verdict.get("objects", built.get("objects", len(objects) or None))),
        created=count(applied.get("created")),
        changed=count(applied.get("changed")),
        unchanged=count(applied.get("unchanged")),
        failed=count(applied.get("failed")),
        stalled=verdict.get("stalled") is True,
        not_ready=[
            NotReady(*(text(entry.get(field_name)) for field_name in ("object", "state", "reason", "message")))
            for entry in mappings(verdict.get("not_ready"))
        ],
        restarted=texts(verdict.get("restarted")),
        images=images_of(objects),
        requests=requests,
        course=course,
    )


def _of(result: Result, part: str) -> Result:
    return next((entry for entry in mappings(result.get("parts")) if entry.get("name") == part), {})


def _state(built: Result, applied: Result, verdict: Result, check_mode: bool) -> str:
    if count(applied.get("failed")):
        return "refused"
    if check_mode and (count(applied.get("created")) or count(applied.get("changed"))):
        return "predicted"
    if isinstance(verdict.get("ready"), bool):
        return "ready" if verdict["ready"] else "not_ready"
    if applied:
        return "applied"
    return "rendered" if built else "chosen"


def _cluster(provider: str, info: Result, results: Mapping[str, Result]) -> Cluster:
    named = mapping(info.get("cluster")) or next((found for result in results.values() if (found := mapping(result.get("cluster")))), {})
    nodes = mapping(info.get("nodes"))
    allocatable = mapping(nodes.get("allocatable"))
    return Cluster(
        host=text(named.get("host")),
        uid=text(named.get("uid")),
        context=text(info.get("context")),
        kubeconfig=text(info.get("kubeconfig")),
        kubernetes_version=text(info.get("kubernetes_version")),
        provider=provider,
        nodes=Nodes(
            count=count(nodes.get("count")) or 0,
            ready=count(nodes.get("ready")) or 0,
            schedulable=count(nodes.get("schedulable")) or 0,
            versions=texts(nodes.get("versions")),
            allocatable=Allocatable(
                max(number(allocatable.get("cpu")) or 0.0, 0.0), count(allocatable.get("memory")) or 0, count(allocatable.get("pods")) or 0
            ),
        )
        if nodes
        else None,
    )


def _dashboard(given: Result) -> Dashboard:
    return Dashboard(*(text(given.get(name)).strip() for name in ("command", "login", "note")))


def _versions(runtime: Mapping[str, str], file: Result, cluster: Cluster) -> list[Version]:
    """Of what ran, and of what was built from."""
    found = [Version(name, version) for name, version in runtime.items()]
    found += [Version("kustomize", text(file.get("kustomize")))] if file.get("kustomize") else []
    found += [Version("Kubernetes", cluster.kubernetes_version)] if cluster.kubernetes_version else []
    sources = mapping(file.get("sources"))
    for repository in mappings(sources.get("repositories")):
        commit = text(repository.get("commit"))
        found.append(Version(text(repository.get("name")), text(repository.get("ref")) + (f" ({commit[:12]})" if commit else "")))
    for entry in mappings(sources.get("files")):
        url = text(entry.get("url"))
        released = _RELEASED.search(url)
        found.append(Version(*released.groups()) if released else Version("file", url))
    return found


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    """Every text in a result made fit for a report; keys are ours."""
    if isinstance(value, str):
        return mask(str.__str__(value))
    if isinstance(value, Mapping):
        return {name: _masked(child, mask) for name, child in value.items()}
    return [_masked(child, mask) for child in value] if isinstance(value, list | tuple) else value


def _rfc3339(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
