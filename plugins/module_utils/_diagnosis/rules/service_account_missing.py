# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that are to run as a ServiceAccount that is not there."""

from __future__ import annotations

from ..rule import rule
from ..signals import event, named

rule(
    __name__,
    event(r"error looking up service account [^/\s]+/(?P<name>\S+?):", reason="FailedCreate", about=named("ServiceAccount", "name")),
    cause="Pods are to run as ServiceAccounts that are not there: {name}.",
    remedy="Apply again what brings it: ansible-playbook -i <inventory> mlplatform.kubeflow.site --tags <part>",
    shown='error looking up service account …: serviceaccount "…" not found',
    after=60,
)
