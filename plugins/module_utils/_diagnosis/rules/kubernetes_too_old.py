# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that end on a Kubernetes older than they want."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(r'kubernetes version "(?P<version>[^"]+)" is not compatible, need at least "(?P<least>[^"]+)"'),
    cause="Kubernetes is too old for this release of Kubeflow: Knative ends on {version}, and needs {least}.",
    remedy="A cluster of that Kubernetes version or newer, or an older release: kubeflow_release. Preflight (kubernetes_version) tells "
    "it before an install.",
    shown="is not compatible, need at least",
)
