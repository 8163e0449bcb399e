# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distributions of Kubeflow that look after what they installed: two of them on one cluster undo each other's work."""

from __future__ import annotations

from collections.abc import Iterator

from ..check import Answer, Problem, Question, answer_of, check
from ..look import name_of

_REMOVE = "Use a cluster of its own for one of the two, or remove that one first: {how}."


@check(
    asks="Whether another distribution of Kubeflow is there: kfctl, Open Data Hub, deployKF, Charmed Kubeflow, MiniKF.",
    unsaid="Look by hand whether Kubeflow is there from somebody else: kubectl get namespaces,crds",
)
def other_installers(question: Question) -> Answer | None:
    found = [
        Problem(f"the cluster belongs to {name} ({seen}), which would undo what a run changes", _REMOVE.format(how=how))
        for name, seen, how in _seen(question)
    ]
    return answer_of(found, "no other distribution of Kubeflow is there")


def _seen(question: Question) -> Iterator[tuple[str, str, str]]:
    crds = {name_of(item) for item in question.look.of("customresourcedefinitions.apiextensions.k8s.io")}
    namespaces = question.look.namespaces
    open_data_hub = "datascienceclusters.datasciencecluster.opendatahub.io"
    if open_data_hub in crds:
        yield "Open Data Hub or OpenShift AI", f"CRD {open_data_hub}", "kubectl delete datasciencecluster --all, then its operator"
    elif "kfdefs.kfdef.apps.kubeflow.org" in crds:
        yield "kfctl", "CRD kfdefs.kfdef.apps.kubeflow.org", "kfctl delete -V -f <its file>"
    if some := sorted(name for name in namespaces if name.startswith("deploykf-")):
        yield "deployKF", f"namespace {some[0]}", "delete its applications in Argo CD, then its namespaces"
    if some := sorted(name for name, labels in namespaces.items() if labels.get("model.juju.is/name") == "kubeflow"):
        yield "Charmed Kubeflow", f"namespace {some[0]} is a model of Juju", "juju destroy-model kubeflow --destroy-storage"
    if some := sorted(name for name in namespaces if name in ("rok", "arrikto")) or sorted(
        name for name in crds if name.endswith(".arrikto.com")
    ):
        yield "MiniKF or Enterprise Kubeflow", f"{some[0]}", "make a cluster without it, since it is the cluster's own"
