# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A CRD of the cluster that is newer than the release's."""

from __future__ import annotations

from ..rule import rule
from ..signals import refused

rule(
    __name__,
    refused(r"must appear in spec\.versions|status\.storedVersions"),
    cause="The cluster has a newer version of a kind than this release brings: somebody else has installed it.",
    remedy="Leave it as it is, and take the part as provided: kubeflow_provided_parts: [{part}]; or another release: kubeflow_release.",
    shown='status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions',
)
