# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A registry that gives no more for some time."""

from __future__ import annotations

from ..rule import rule
from ..signals import pull

rule(
    __name__,
    pull(r"toomanyrequests|too many requests|\b429\b|rate limit"),
    cause="A registry limits pulls, and gives no more for now: {registry}.",
    remedy="Wait: kubelets go on by themselves. Do not restart pods, which pulls again. To be let through at once, log in with "
    "kubeflow_image_pull_secrets, or use a mirror with kubeflow_image_registries: {{{registry}: <mirror>}}.",
    shown="429 Too Many Requests, toomanyrequests",
    heals=True,
)
