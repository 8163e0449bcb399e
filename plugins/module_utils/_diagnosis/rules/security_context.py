# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers that may not run as the user that their image wants."""

from __future__ import annotations

from ..rule import rule
from ..signals import waiting

rule(
    __name__,
    waiting("CreateContainerConfigError", r"(?P<what>runAsNonRoot and image (?:will run as root|has non-numeric user)[^,)]*)"),
    cause="Containers may not run as the user of their image: {what}.",
    remedy="An image that was replaced (kubeflow_images) has to run as a number other than 0, as upstream's does.",
    shown="container has runAsNonRoot and image will run as root",
)
