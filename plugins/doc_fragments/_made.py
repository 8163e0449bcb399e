# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What controllers make, for modules that have to know who makes an object, once."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  made_by_controllers:
    description:
      - ConfigMaps and Secrets that a controller makes once it runs. M(mlplatform.kubeflow.apply) sends a workload whose pods mount one when it
        is there, since a kubelet backs off for minutes when it comes later. Where one is missing, M(mlplatform.kubeflow.diagnose) looks at its
        maker for the cause.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        choices: [ConfigMap, Secret]
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      namespace:
        description: Its namespace. When not given, it is made in every namespace.
        type: str
      by:
        description: The Deployment that makes it, as C(namespace/name).
        type: str
        required: true
"""
