# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dex that does not find its namespace in tokens of Kubernetes 1.21 and newer."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(r'jwt claim "kubernetes\.io/serviceaccount/namespace" not found'),
    cause="Dex is too old for the tokens of Kubernetes 1.21 and newer, and does not find its namespace in them.",
    remedy="kubectl -n auth set env deployment/dex KUBERNETES_POD_NAMESPACE=auth; Kubeflow 1.4.0 and newer has it already.",
    shown='jwt claim "kubernetes.io/serviceaccount/namespace" not found',
)
