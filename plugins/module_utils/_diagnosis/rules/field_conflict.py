# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fields that somebody else has set otherwise."""

from __future__ import annotations

from ..rule import rule
from ..signals import refused

rule(
    __name__,
    refused(r'conflict with "(?P<manager>[^"]+)"|Fields are held by (?P<held>[^;]+);'),
    cause="Somebody else has set fields otherwise, and holds them: {manager}{held}.",
    remedy="kubeflow_force_conflicts: true takes them over. Where the cluster has the part from elsewhere, leave it so: "
    "kubeflow_provided_parts: [{part}].",
    shown='Apply failed with 1 conflict: conflict with "…"',
)
