# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces that are there already and whose Pod Security level refuses pods: asked by dry runs of the pods."""

from __future__ import annotations

import functools
from typing import Any

from ..._client.http import ApiError
from ..._client.parallel import in_parallel
from ..._objects.demand import Pods, pods_of
from ..check import Answer, Problem, Question, answer_of, check
from ..planned import labels_of_namespaces

_ENFORCE = "pod-security.kubernetes.io/enforce"
_MOST = 40


@check(
    asks="Whether Pod Security of namespaces that are there refuses pods of the plan.",
    unsaid="Look by hand: kubectl get namespaces -L pod-security.kubernetes.io/enforce",
)
def pod_security(question: Question) -> Answer | None:
    live, planned = question.look.namespaces, labels_of_namespaces(question)
    # What the plan says of a namespace is set before pods come.
    levels = {
        name: level
        for name in planned
        if (level := live.get(name, {}).get(_ENFORCE)) in ("baseline", "restricted") and planned[name].get(_ENFORCE) == level
    }
    own = {
        item["metadata"]["name"]
        for item in question.objects()
        if item["kind"] == "Namespace" and _ENFORCE in (item["metadata"].get("labels") or {})
    }
    foreign = {name: level for name, level in levels.items() if name not in own}
    if not foreign:
        return Answer("no namespace of the plan has a Pod Security level from somebody else")
    pods = [one for one in pods_of(question.objects(), 1) if one.owner.namespace in foreign][:_MOST]
    said = in_parallel([functools.partial(_try, question, one) for one in pods], question.deadline)
    problems: dict[str, Problem] = {}
    for one, message in zip(pods, said, strict=True):
        if message and one.owner.namespace not in problems:
            space = one.owner.namespace
            problems[space] = Problem(
                f"Namespace {space} enforces Pod Security level {foreign[space]}, which refuses pods of {one.owner}: {message}",
                f"kubectl label namespace {space} {_ENFORCE}=privileged --overwrite",
            )
    return answer_of(problems.values(), f"Pod Security lets pods pass: {', '.join(f'{name} ({level})' for name, level in foreign.items())}")


def _try(question: Question, pods: Pods) -> str:
    spec: dict[str, Any] = dict(pods.template.get("spec") or {})
    # It need not be there yet.
    for name in ("serviceAccountName", "serviceAccount", "priorityClassName"):
        spec.pop(name, None)
    # A pod of a Job or CronJob has its own; of others the template says none.
    metadata = {"generateName": "preflight-", "labels": (pods.template.get("metadata") or {}).get("labels") or {}}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    try:
        question.client.request(
            "POST", f"/api/v1/namespaces/{pods.owner.namespace}/pods", query={"dryRun": "All"}, body=body, deadline=question.deadline
        )
    except ApiError as error:
        return error.message.partition("violates PodSecurity")[2].strip() if "violates PodSecurity" in error.message else ""
    return ""
