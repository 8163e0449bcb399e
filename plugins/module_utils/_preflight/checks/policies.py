# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether policies of the cluster refuse what the plan has: asked by dry runs, as far as that goes before namespaces are there."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from ..._client.discovery import Resource, Resources
from ..._client.http import ApiError
from ..._client.pages import pages
from ..._client.parallel import in_parallel
from ..._client.refusals import is_uncallable_webhook
from ..._common.words import few
from ..._objects.objects import Key, key_of, to_send
from ..check import Answer, Problem, Question, answer_of, check
from ..look import is_ours, name_of
from ..planned import labels_of_namespaces

_GROUP = "admissionregistration.k8s.io"
_MANAGER = "mlplatform.kubeflow.preflight"
# By name of the Service behind their webhooks, or the group of their kinds.
_ENGINES = {
    "kyverno.io": "Kyverno",
    "constraints.gatekeeper.sh": "Gatekeeper",
    "policies.kubewarden.io": "Kubewarden",
    "jspolicy.com": "jsPolicy",
}
_MOST = 60


@check(
    asks="Whether admission policies of the cluster refuse objects of the plan (by dry runs).",
    unsaid="Look by hand: kubectl get validatingadmissionpolicybindings",
)
def policies(question: Question) -> Answer | None:
    rulers = sorted({*_engines(question), *_bindings(question)})
    if not rulers:
        return Answer("no admission policy is known to be there")
    samples = list(_samples(question))
    refused: dict[str, list[str]] = {}
    said = in_parallel([functools.partial(_try, question, resource, item) for resource, item in samples], question.deadline)
    for (_resource, item), message in zip(samples, said, strict=True):
        if message:
            refused.setdefault(message, []).append(str(key_of(item)))
    problems = [
        Problem(
            f"{few(names)} would be refused: {message}",
            "Change the setting that the object comes from, or make an exception in the policy for Kubeflow's namespaces.",
        )
        for message, names in refused.items()
    ]
    missing = [name for name in labels_of_namespaces(question) if name not in question.look.namespaces]
    if not problems and missing:
        problems = [
            Problem(
                f"policies are in force ({', '.join(rulers[:4])}), and what they say of objects in namespaces that are not there yet "
                f"({', '.join(sorted(missing)[:3])} …) cannot be asked",
                "A run with --check asks the same of everything that exists; an exception in the policy for Kubeflow's namespaces is safe.",
                blocks=False,
            )
        ]
    return answer_of(problems, f"policies let {len(samples)} objects pass: {', '.join(rulers[:4])}")


def _engines(question: Question) -> Iterator[str]:
    return (name for group, name in _ENGINES.items() if group in question.look.groups)


def _bindings(question: Question) -> Iterator[str]:
    """Policies of Kubernetes' own that deny (v1 from 1.30 on)."""
    versions = question.look.groups.get(_GROUP, ())
    version = next((one for one in ("v1", "v1beta1") if one in versions), "")
    try:
        for item in pages(question.client, f"/apis/{_GROUP}/{version}/validatingadmissionpolicybindings", question.deadline):
            spec = item.get("spec") or {}
            if "Deny" in (spec.get("validationActions") or ()) and not is_ours(item):
                yield f"ValidatingAdmissionPolicy {spec.get('policyName')} (binding {name_of(item)})"
    except ApiError as error:
        if error.status != 404:
            raise


def _samples(question: Question) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Of each kind in each namespace one: those whose namespaces are there, and those that have none."""
    objects = list(question.objects())
    resources = Resources.discover(question.client, objects, question.deadline)
    seen: set[tuple[str, str, str]] = set()
    for item in objects:
        resource, key = resources.of(item), key_of(item)
        if resource is None or resource.planned or (resource.namespaced and key.namespace not in question.look.namespaces):
            continue
        same = (key.group, key.kind, key.namespace)
        # Selectors look at namespaces one by one.
        if (same in seen and not _is_namespace(key)) or len(seen) >= _MOST:
            continue
        seen.add(same)
        yield resource, item


def _is_namespace(key: Key) -> bool:
    return (key.group, key.kind) == ("", "Namespace")


def _try(question: Question, resource: Resource, item: dict[str, Any]) -> str:
    """What a policy says against an object; empty when none does."""
    key = key_of(item)
    body = to_send(item, namespaced=resource.namespaced)
    try:
        question.client.apply(
            resource.path(key.namespace, key.name), body, manager=_MANAGER, force=True, dry_run=True, deadline=question.deadline
        )
    except ApiError as error:
        by_policy = "denied" in error.message and error.status in (400, 403, 422)
        if by_policy and not is_uncallable_webhook(error):
            return error.message.partition(": ")[2] or error.message
    return ""
