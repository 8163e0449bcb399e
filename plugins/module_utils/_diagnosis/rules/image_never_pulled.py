# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that nodes may not pull and do not have."""

from __future__ import annotations

from ..rule import rule
from ..signals import waiting

rule(
    __name__,
    waiting("ErrImageNeverPull"),
    cause="Images may not be pulled, and are not on the node.",
    remedy="Put them there, or set kubeflow_image_pull_policy: IfNotPresent.",
    shown="ErrImageNeverPull",
)
