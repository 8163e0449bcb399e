# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of Services that pods cannot resolve."""

from __future__ import annotations

from ..looks import COREDNS, to
from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r"lookup (?P<host>[a-z0-9.-]+)(?: on [\d.:\[\]a-f]+)?: (?:no such host|i/o timeout|server misbehaving|Temporary failure)|"
        r"Unknown MySQL server host '(?P<server>[^']+)'|"
        r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<name>\S+)|Temporary failure in name resolution|[Nn]ame or service not known"
    ),
    cause="Pods cannot resolve names: {host}{server}{name}.",
    remedy="Look at CoreDNS: kubectl -n kube-system get pods,endpoints -l k8s-app=kube-dns. Nodes have to let UDP 53 through between "
    "them; the cluster's domain has to be cluster.local, which Kubeflow's manifests have in them.",
    shown="dial tcp: lookup … no such host, i/o timeout",
    after=60,
    points_to=to(COREDNS),
)
