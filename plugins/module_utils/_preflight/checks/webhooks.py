# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Admission webhooks of others that refuse everything, since nobody answers for them."""

from __future__ import annotations

from ..._client.discovery import Resources
from ..._objects.objects import key_of, pod_template
from ..._objects.webhooks import Subject, Webhook, webhooks_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import is_ours, name_of
from ..planned import labels_of_namespaces

_CONFIGURATIONS = {
    "MutatingWebhookConfiguration": "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations.admissionregistration.k8s.io",
}
_GROUP = "admissionregistration.k8s.io"


@check(
    asks="Whether admission webhooks of others that must be asked have somebody who answers.",
    unsaid="Look by hand: kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations",
)
def webhooks(question: Question) -> Answer | None:
    keys = {key_of(item) for item in question.objects()}
    services = {(key.namespace, key.name) for key in keys if (key.group, key.kind) == ("", "Service")}
    strangers: list[Webhook] = []
    for kind, resource in _CONFIGURATIONS.items():
        for item in question.look.of(resource):
            if is_ours(item) or any(key.kind == kind and key.name == name_of(item) for key in keys):
                continue
            # What controllers of the plan made in an earlier run comes back with them.
            some = webhooks_of({**item, "apiVersion": f"{_GROUP}/{question.look.groups[_GROUP][0]}", "kind": kind})
            strangers += [webhook for webhook in some if webhook.fail_closed and webhook.service not in services]
    silent = [webhook for webhook in strangers if webhook.service not in question.look.answering]
    hit = _hit(question, silent) if silent else {}
    problems = [
        Problem(
            f"webhook {webhook.name} of {webhook.config_kind} {webhook.config} has to be asked about {hit[webhook]}, and its Service "
            f"{'/'.join(webhook.service)} has no ready endpoint",
            f"Mend what runs behind it, or, where it is a left-over: kubectl delete {webhook.config_kind.lower()} {webhook.config}",
        )
        for webhook in silent
        if webhook in hit
    ]
    if not strangers:
        return answer_of(problems, "no admission webhook of somebody else must be asked")
    names = sorted({webhook.config for webhook in strangers})
    return answer_of(
        problems, f"admission webhooks of others: {', '.join(names[:4])}{' and more' if len(names) > 4 else ''}; those asked answer"
    )


def _hit(question: Question, silent: list[Webhook]) -> dict[Webhook, str]:
    """Which of them the API server would ask about objects of the plan, and about which first."""
    objects = list(question.objects())
    resources = Resources.discover(question.client, objects, question.deadline)
    labels = labels_of_namespaces(question)
    found: dict[Webhook, str] = {}
    for item in objects:
        resource, key = resources.of(item), key_of(item)
        if resource is None:
            continue
        space = labels.get(key.namespace, {}) if resource.namespaced else None
        own = {name: value or "" for name, value in (item["metadata"].get("labels") or {}).items()}
        subjects = [(str(key), Subject(resource.group, resource.version, resource.plural, resource.namespaced, own, space))]
        if (template := pod_template(item)) is not None and item["kind"] != "Pod":
            pods = (template.get("metadata") or {}).get("labels") or {}
            subjects.append((f"pods of {key}", Subject("", "v1", "pods", True, pods, space)))
        for webhook in silent:
            for shown, subject in subjects:
                if webhook not in found and webhook.matches(subject):
                    found[webhook] = shown
    return found
