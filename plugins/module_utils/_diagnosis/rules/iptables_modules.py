# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes whose kernel lacks modules that Istio's redirect rules need."""

from __future__ import annotations

from ..rule import rule
from ..signals import ended, log

_TEXT = (
    r"(?:unable to|can't) initialize iptables table|iptables(?:-restore|-legacy|-nft)?:? .*(?:table does not exist|"
    r"Table does not exist|Permission denied)|unable to initialize table"
)

rule(
    __name__,
    log(_TEXT, container="istio-init|istio-validation"),
    ended(pattern=_TEXT, container="istio-init"),
    cause="Kernel modules for Istio's redirect rules are not loaded on the nodes, or pods may not use them.",
    remedy="ansible-playbook -i <inventory with the machines> mlplatform.kubeflow.nodes --tags prerequisites loads br_netfilter nf_nat "
    "xt_REDIRECT xt_owner iptable_nat iptable_mangle iptable_filter; pods come up by themselves with their next start. 'Permission "
    "denied': the pods' security policy forbids NET_ADMIN.",
    shown="iptables-restore: unable to initialize table 'nat'",
)
