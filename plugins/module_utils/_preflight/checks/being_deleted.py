# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces and kinds of the plan that are being deleted: nothing can be made in them."""

from __future__ import annotations

from ..._common.naming import option_name
from ..._objects.objects import is_going, key_of
from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of
from ..planned import namespaces_of

_CRDS = "customresourcedefinitions.apiextensions.k8s.io"


@check(
    asks="Whether namespaces or CRDs of the plan are being deleted.",
    unsaid="Look by hand: kubectl get namespaces",
)
def being_deleted(question: Question) -> Answer | None:
    spaces = namespaces_of(question)
    kinds = {key_of(item).name for item in question.objects() if item["kind"] == "CustomResourceDefinition"}
    problems = []
    for item in question.look.of("namespaces"):
        if is_going(item) and name_of(item) in spaces:
            conditions = (item.get("status") or {}).get("conditions") or ()
            said = tuple(str(one.get("message")) for one in conditions if one.get("status") == "True" and one.get("message"))
            problems.append(
                Problem(
                    f"Namespace {name_of(item)} is being deleted since {item['metadata']['deletionTimestamp']}",
                    f"Wait until it is gone. What holds it: kubectl get namespace {name_of(item)} -o yaml, conditions; finalizers of "
                    f"objects whose controller is gone are taken off by playbook uninstall with {option_name('clear_finalizers')}: true, or by hand.",
                    evidence=said,
                )
            )
    for item in question.look.of(_CRDS):
        if is_going(item) and name_of(item) in kinds:
            problems.append(
                Problem(
                    f"CustomResourceDefinition {name_of(item)} is being deleted, with all objects of its kind",
                    f"Wait until it is gone. What holds it: kubectl get {name_of(item)} -A",
                )
            )
    return answer_of(problems, "no namespace and no CRD of the plan is being deleted")
