# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that are not in their registry, or not for everybody. That is for good: a kubelet that tries again gets the same answer."""

from __future__ import annotations

from ..rule import rule
from ..signals import pull

rule(
    __name__,
    pull(
        r"not found|manifest unknown|name unknown|denied|unauthorized|\b401\b|\b403\b|forbidden|suspended|requires billing|"
        r"repository does not exist|"
        r"does not have permission"
    ),
    cause="The registry says that images are not there, or not for everybody: {image}.",
    remedy="Take them from elsewhere: kubeflow_images: {{<name>: <other name>}} for single ones, kubeflow_image_registries: "
    "{{{registry}: <registry of your own>}} for all of a registry; kubeflow_image_pull_secrets where it wants a login. Then run site.yml "
    "again: what is ready stays as it is.",
    shown="ErrImagePull or ImagePullBackOff with not found, manifest unknown, denied, 401, 403",
)
