# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether registries have the images of a plan: asked from this machine, without a login."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from ..._common.deadline import Deadline
from ..._common.naming import option_name
from ..._common.words import few
from ..._registry.ask import Manifest, ask
from ..._registry.said import Kind, Said
from ..._render._patches.images import is_upstreams
from ..._render._patches.reference import Reference
from ..check import Finding, Gone, Problem, Question, answer_of
from ..checks.gone_images import known_gone, remedy_of
from .image_uses import Use, manifest_of, uses

IMAGES = "probe_images"
_SHOWN = 3
# Registries of whole clouds: what is not for everybody there, nodes of that cloud can often read by themselves.
_OF_CLOUDS = ("pkg.dev", "nvcr.io")


def ask_for_images(question: Question, deadline: Deadline, plain: Collection[str], environment: Mapping[str, str] | None = None) -> Finding:
    """A row for preflight's table.

    :arg plain: registries that are asked by HTTP without TLS.
    :arg environment: names proxies; by default that of this process.
    """
    named, left = uses(question.plan.parts)
    said = ask(named, deadline, environment=os.environ if environment is None else environment, plain=plain)
    rest = f"; {left} names without a tag or digest were not asked for" if left else ""
    good = f"registries have all {len(named)} images of the plan{rest}" if named else "the plan names no images"
    return answer_of(problems(named, said, question), good).of(IMAGES)


def problems(named: Mapping[Manifest, Use], said: Mapping[Manifest, Said], question: Question) -> Iterator[Problem]:
    """What is not there, and what nobody knows: one of each kind for a registry."""
    lacking: dict[tuple[str, Kind, bool, bool, Gone | None], list[Manifest]] = defaultdict(list)
    unknown: dict[tuple[str, Kind], list[Manifest]] = defaultdict(list)
    there = _on_nodes(question)
    for one, use in named.items():
        kind = said[one].kind
        if kind == "missing" or (kind == "denied" and _is_open(one.registry, use, question)):
            blocks = use.pulled and one not in there and not question.look.simulated
            lacking[one.registry, kind, use.pulled, blocks, known_gone(question, use.image)].append(one)
        elif kind != "there":
            unknown["" if kind == "late" else one.registry, kind].append(one)
    for (registry, kind, _pulled, blocks, gone), some in sorted(lacking.items(), key=lambda entry: str(entry[0])):
        yield _lacking(registry, kind, blocks, gone, [named[one] for one in some], [said[one] for one in some])
    for (registry, kind), some in sorted(unknown.items()):
        yield _unknown(registry, kind, [named[one] for one in some], [said[one] for one in some])


def _is_open(registry: str, use: Use, question: Question) -> bool:
    """Whether what a registry denies to somebody without a login, it denies to nodes as well: where upstream's images are for everybody."""
    on_google = any(str((node.get("spec") or {}).get("providerID")).startswith("gce:") for node in question.look.found.get("nodes", ()))
    others = registry.endswith(_OF_CLOUDS) or (on_google and registry.endswith("gcr.io"))
    return is_upstreams(registry) and not others and not use.secrets


def _on_nodes(question: Question) -> set[Manifest]:
    """What some node says that it has: by default the 50 largest images (kubelet, nodeStatusMaxImages)."""
    nodes = question.look.found.get("nodes", ())
    names = (name for node in nodes for entry in (node.get("status") or {}).get("images") or () for name in entry.get("names") or ())
    return {manifest_of(image) for name in names if (image := Reference.parse(str(name)))}


def _lacking(registry: str, kind: Kind, blocks: bool, gone: Gone | None, some: Sequence[Use], said: Sequence[Said]) -> Problem:
    verb = "does not have" if kind == "missing" else "does not have, or does not give to everybody:"
    what = f"{registry} {verb} {_named(some)} ({_same(said)})"
    others = (
        f"{option_name('images')}: {{<name>: <other name>}}, or {option_name('image_registries')}: {{{registry}: <registry that has them>}}"
    )
    if gone:
        what, remedy = f"{what}, as is known{f' since {gone.since}' if gone.since else ''} (gone_images)", f"{registry}: {remedy_of(gone)}"
    elif any(use.pulled for use in some):
        copy = f"{registry}: {'name' if is_upstreams(registry) else 'copy them there, or name'} what is there"
        login = f" If they are there for some: {option_name('image_pull_secrets')}." if kind == "denied" else ""
        remedy = f"{copy}, {others}.{login} Where nodes have them, or ask a mirror by themselves, this does not matter."
    else:
        settings = "They stand in arguments, ConfigMaps or custom resources: settings of the part"
        remedy = f"{registry}: only what users start later needs these. {settings}, or {others}."
    evidence = (f"{use.image}: {one.words}; {', '.join(use.by)}" for use, one in zip(some, said, strict=True))
    return Problem(what, remedy, blocks, tuple(evidence))


def _unknown(registry: str, kind: Kind, some: Sequence[Use], said: Sequence[Said]) -> Problem:
    """A warning."""
    words, of_these = _same(said), f"nothing is known of {_count(some)}"
    example = some[0].image
    inspect = f"Look by hand: docker manifest inspect {example}"
    secrets = f"Nodes have theirs by {option_name('image_pull_secrets')}."
    login = f"With a login for {registry}: docker login {registry}; docker manifest inspect {example}. {secrets}"
    nodes = f"Nodes may reach what this machine does not: {option_name('probes')}: [registries] asks them."
    plain = "" if is_upstreams(registry) else f" If {registry} has no TLS: {option_name('probe_plain_http_registries')}: [{registry}]."
    what, remedy = {
        "unreached": (
            f"this machine does not reach {registry}, so {of_these} ({words})",
            f"{nodes} From here the way is by HTTPS_PROXY and NO_PROXY of Ansible's environment.{plain}",
        ),
        "certificate": (
            f"this machine does not trust the certificate of {registry}, so {of_these} ({words})",
            f"The authority of {registry} has to be known here (ca-certificates, or SSL_CERT_FILE in Ansible's environment) and to container runtimes.",
        ),
        "limited": (f"{registry} wants to be asked less, so {of_these} ({words})", f"Ask {registry} again later. {inspect}"),
        "login": (f"{registry} wants a login, and is asked without one, so {of_these} ({words})", login),
        "denied": (f"{registry} gives nothing without a login, so {of_these} ({words})", login),
        "late": (f"{of_these}: {words}", f"Give it more time: {option_name('probe_timeout')}."),
    }.get(kind, (f"{registry} does not answer as a registry does, so {of_these} ({words})", inspect))
    told: dict[str, list[str]] = defaultdict(list)
    for use, one in zip(some, said, strict=True):
        told[one.words].append(str(use.image))
    return Problem(
        what, remedy, blocks=False, evidence=tuple(f"{said_of_all}: {', '.join(images)}" for said_of_all, images in told.items())
    )


def _named(some: Sequence[Use]) -> str:
    return few([f"{use.image} ({few(use.by, 1)})" for use in some], _SHOWN)


def _count(some: Sequence[Use]) -> str:
    return str(some[0].image) if len(some) == 1 else f"{len(some)} images"


def _same(said: Sequence[Said]) -> str:
    """What was said of all, or of the first."""
    words = dict.fromkeys(one.words for one in said)
    return next(iter(words)) + (" …" if len(words) > 1 else "")
