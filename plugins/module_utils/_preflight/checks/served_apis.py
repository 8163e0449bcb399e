# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of APIs that Kubernetes has removed, or does not have yet."""

from __future__ import annotations

from ..._objects.objects import key_of, split_version
from ..check import Answer, Problem, Question, answer_of, check


@check(
    asks="Whether the cluster serves the versions of all kinds that the plan does not bring itself.",
    unsaid="Compare by hand with: kubectl api-versions",
)
def served_apis(question: Question) -> Answer | None:
    if not question.look.groups:
        return None
    # Whether what a provided part would bring is there is another check's question.
    bringing = (item for part in (*question.plan.parts, *question.plan.provided) for item in part.objects)
    own = {item["spec"]["group"] for item in bringing if item["kind"] == "CustomResourceDefinition"}
    missing: dict[str, list[str]] = {}
    for item in question.objects():
        group, version = split_version(item["apiVersion"])
        if group and group not in own and version not in question.look.groups.get(group, ()):
            missing.setdefault(item["apiVersion"], []).append(str(key_of(item)))
    problems = []
    for api, names in sorted(missing.items()):
        group, _version = split_version(api)
        there = question.look.groups.get(group)
        has = f"has {', '.join(there)} of it" if there else "does not have the group"
        # Groups of Kubernetes itself; those of CRDs have a domain of somebody else.
        builtin = group.endswith(".k8s.io") or "." not in group
        remedy = (
            f"Kubeflow {question.plan.release} is made for another Kubernetes: {question.oldest or 'any'} to {question.newest or 'newer'}."
            if builtin
            else "The part that brings the kind is not chosen: kubeflow_parts; or the cluster has it in another version: kubeflow_provided_parts."
        )
        problems.append(
            Problem(f"{len(names)} objects are of {api}, and Kubernetes {question.kubernetes} {has}: {', '.join(names[:3])}", remedy)
        )
    return answer_of(problems, "the cluster serves all versions of kinds that the plan needs")
