# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Aggregated APIs whose server does not answer: discovery is incomplete then, and no namespace can be deleted."""

from __future__ import annotations

from ..._objects.objects import split_version
from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of


@check(
    asks="Whether all aggregated APIs answer.",
    unsaid="Look by hand: kubectl get apiservices",
)
def api_services(question: Question) -> Answer | None:
    groups = {split_version(item["apiVersion"])[0] for item in question.objects()}
    problems = []
    for item in question.look.of("apiservices.apiregistration.k8s.io"):
        said = next((one for one in (item.get("status") or {}).get("conditions") or () if one.get("type") == "Available"), None)
        if said and said.get("status") == "False":
            problems.append(
                Problem(
                    f"APIService {name_of(item)} does not answer: {said.get('message') or said.get('reason')}",
                    f"Where it is not installed any more: kubectl delete apiservice {name_of(item)}. Otherwise look at the pods behind its "
                    "Service. Until then no namespace can be deleted.",
                    blocks=(item.get("spec") or {}).get("group") in groups,
                )
            )
    return answer_of(problems, "all APIs answer")
