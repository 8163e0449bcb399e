# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts that the cluster has from elsewhere: whether what other parts can name of them is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._client.endpoints import endpoint_slices_path, ready_services
from ..._client.http import Client
from ..._common.deadline import Deadline
from ..._common.words import few
from ..._objects.objects import Key, key_of, split_version
from ..._render.plan import Part, Plan
from ..check import Answer, Question, check

_INTERFACE = {
    "Namespace": "/api/v1/namespaces",
    "Service": "/api/v1/services",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}
"""Kinds by which one part relies on another, whoever installed it; what is behind them is named differently by each installer."""


@check(
    asks="Whether parts that the plan takes as provided are there.",
    unsaid="Check that the credentials may list namespaces, services and CustomResourceDefinitions.",
    needs_answer=True,
)
def provided_parts(question: Question) -> Answer | None:
    if not question.plan.provided:
        return None
    missing = _missing_of_provided(question.client, question.plan, question.deadline)
    if not missing:
        return Answer(f"what others need of {', '.join(part.name for part in question.plan.provided)} is there")
    shown = "; ".join(f"{part}: {few(some, 4)}" for part, some in missing.items())
    message = f"parts that are given as provided are not there as a whole: {shown}"
    return Answer(message, "Install what is missing, or do not give the part as provided.")


def _missing_of_provided(client: Client, plan: Plan, deadline: Deadline) -> dict[str, list[str]]:
    """What is not there, by part: namespaces, kinds in the versions that the plan writes, services with a ready endpoint.

    :raises ApiError: when the cluster cannot be read.
    """
    live = {key_of({**item, "apiVersion": _api_version(kind), "kind": kind}): item for kind, item in _listed(client, deadline)}
    slices = client.get(endpoint_slices_path(client, deadline), deadline=deadline)["items"]
    answering = ready_services({(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in slices})
    written: dict[tuple[str, str], set[str]] = {}
    for item in (item for part in plan.parts for item in part.objects):
        group, version = split_version(item["apiVersion"])
        written.setdefault((group, item["kind"]), set()).add(version)
    found = {part.name: list(_missing(part, live, answering, written)) for part in plan.provided}
    return {name: missing for name, missing in found.items() if missing}


def _missing(
    part: Part, live: dict[Key, Any], answering: frozenset[tuple[str, str]], written: dict[tuple[str, str], set[str]]
) -> Iterator[str]:
    for item in part.objects:
        key = key_of(item)
        if item["kind"] not in _INTERFACE:
            continue
        if key not in live:
            yield f"no {key}"
        elif item["kind"] == "CustomResourceDefinition":
            served = {version["name"] for version in live[key]["spec"]["versions"] if version["served"]}
            names = (item["spec"]["group"], item["spec"]["names"]["kind"])
            for version in sorted(written.get(names, set()) - served):
                yield f"{key} does not serve {version}"
        elif item["kind"] == "Service" and live[key]["spec"].get("selector") and (key.namespace, key.name) not in answering:
            yield f"{key} has no ready endpoint"


def _listed(client: Client, deadline: Deadline) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, path in _INTERFACE.items():
        yield from ((kind, item) for item in client.get(path, deadline=deadline)["items"])


def _api_version(kind: str) -> str:
    return "apiextensions.k8s.io/v1" if kind == "CustomResourceDefinition" else "v1"
