# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image name that is none."""

from __future__ import annotations

from ..rule import rule
from ..signals import waiting

rule(
    __name__,
    waiting("InvalidImageName", r'(?:image reference|image) "?(?P<image>[^\s":]*)?'),
    cause="A container has a name for its image that is none.",
    remedy="Look at kubeflow_images and kubeflow_image_registries: a name is <registry>/<path>:<tag>, in small letters.",
    shown="InvalidImageName",
)
