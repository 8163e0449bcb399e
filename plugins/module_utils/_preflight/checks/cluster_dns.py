# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of services: whether somebody resolves them, and under the domain that the manifests have in them."""

from __future__ import annotations

import json
import re

from ..._client.http import ApiError
from ..check import Answer, Question, check
from ..look import name_of

# OpenShift has its own.
_SERVICES = (
    ("kube-system", "kube-dns"),
    ("kube-system", "coredns"),
    ("openshift-dns", "dns-default"),
    ("kube-system", "rke2-coredns-rke2-coredns"),
)
_LABEL = ("k8s-app", "kube-dns")
_CONFIGURATION = "/api/v1/namespaces/kube-system/configmaps/coredns"
_ZONE = re.compile(r"^\s*kubernetes\s+([^\s{]+)", re.MULTILINE)
_DOMAIN = "cluster.local"


@check(
    asks="Whether the cluster's DNS answers, for the domain that the plan writes.",
    unsaid="Look by hand: kubectl -n kube-system get pods,endpoints -l k8s-app=kube-dns",
)
def cluster_dns(question: Question) -> Answer | None:
    if not any(True for _item in question.objects()):
        return None
    if question.look.simulated:
        return Answer("nodes are simulated: no pod resolves names")
    found = [
        (item["metadata"]["namespace"], name_of(item))
        for item in question.look.of("services")
        if (item["metadata"]["namespace"], name_of(item)) in _SERVICES or (item["metadata"].get("labels") or {}).get(_LABEL[0]) == _LABEL[1]
    ]
    if not found:
        return Answer(
            "no Service of a cluster DNS is known to be there (kube-system/kube-dns)",
            "Where pods do not resolve names otherwise, install CoreDNS: kubeadm init phase addon coredns",
            blocks=False,
        )
    if not any(service in question.look.answering for service in found):
        where = "/".join(found[0])
        return Answer(
            f"the cluster's DNS has no ready endpoint (Service {where}): no pod would find another one",
            f"kubectl -n {found[0][0]} get pods -l k8s-app=kube-dns; a loop in the nodes' resolv.conf and a missing network plugin are the "
            "most frequent causes.",
        )
    domain = _domain(question)
    if domain and domain != _DOMAIN and _written(question):
        return Answer(
            f"the cluster's domain is {domain}, and the plan has {_DOMAIN} in names of services",
            f"Kubeflow's manifests have {_DOMAIN} in them: use a cluster of that domain (kubeadm's networking.dnsDomain), or let CoreDNS answer "
            f"for both: kubernetes {domain} {_DOMAIN} in ConfigMap kube-system/coredns.",
        )
    return Answer(f"the cluster's DNS answers{f', for {domain}' if domain else ''}")


def _domain(question: Question) -> str:
    """The first zone that CoreDNS has from Kubernetes; empty when nobody says. With ours among them, ours."""
    try:
        data = question.client.get(_CONFIGURATION, deadline=question.deadline).get("data") or {}
    except ApiError:
        return ""
    text = "\n".join(str(value) for value in data.values())
    for line in re.findall(r"^\s*kubernetes\s+(.+)$", text, re.MULTILINE):
        if _DOMAIN in line.split():
            return _DOMAIN
    match = _ZONE.search(text)
    return match[1].rstrip(".") if match else ""


def _written(question: Question) -> bool:
    return any(f".svc.{_DOMAIN}" in json.dumps(item) for item in question.objects())
