# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CRDs of a newer or other release: a version in which objects are stored may not be taken away."""

from __future__ import annotations

import functools
from typing import Any

from ..._client.pages import pages
from ..._client.parallel import in_parallel
from ..._objects.objects import key_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import Item, is_ours, name_of

_CRDS = "customresourcedefinitions.apiextensions.k8s.io"
_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# From how many on reading all of them together is less work for the API server.
_MANY = 12


@check(
    asks="Whether CRDs on the cluster store objects in versions that the plan does not have.",
    unsaid="Look by hand: kubectl get crds -o custom-columns=NAME:.metadata.name,STORED:.status.storedVersions",
)
def stored_versions(question: Question) -> Answer | None:
    planned = {key_of(item).name: item for item in question.objects() if item["kind"] == "CustomResourceDefinition"}
    there = [item for item in question.look.of(_CRDS) if name_of(item) in planned]
    suspects = [name_of(item) for item in there if not is_ours(item) or _serves_more(question, planned[name_of(item)])]
    problems = []
    for item in _read(question, suspects):
        name = name_of(item)
        stored = [str(version) for version in (item.get("status") or {}).get("storedVersions") or ()]
        if lost := sorted(set(stored) - _versions(planned[name])):
            problems.append(
                Problem(
                    f"CRD {name} stores objects in {', '.join(lost)}, and the plan has {', '.join(sorted(_versions(planned[name])))}: the API "
                    "server refuses to take a stored version away",
                    "The cluster has a newer or another release of this part. Choose that release, keep the part as it is "
                    "(kubeflow_provided_parts), or save and remove its objects and the CRD.",
                )
            )
    return answer_of(problems, f"{len(there)} CRDs of the plan are there, none stores what the plan does not have")


def _serves_more(question: Question, item: dict[str, Any]) -> bool:
    """Whether its group has versions that the plan's CRD lacks: discovery tells that without reading megabytes of schemas."""
    return not set(question.look.groups.get(item["spec"]["group"], ())) <= _versions(item)


def _read(question: Question, names: list[str]) -> list[Item]:
    if len(names) > _MANY:
        return [item for item in pages(question.client, _PATH, question.deadline) if name_of(item) in set(names)]
    calls = [functools.partial(question.client.get, f"{_PATH}/{name}", deadline=question.deadline) for name in names]
    return in_parallel(calls, question.deadline)


def _versions(item: dict[str, Any]) -> set[str]:
    spec = item.get("spec") or {}
    # v1beta1 may name a single version at the top.
    return {str(version["name"]) for version in spec.get("versions") or ()} | ({str(spec["version"])} if spec.get("version") else set())
