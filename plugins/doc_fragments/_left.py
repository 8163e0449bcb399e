# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What controllers leave behind, for modules that record or remove it, once."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  left_by_controllers:
    description:
      - Objects that a controller makes outside of the namespaces of its part, so that they would stay when the part is removed.
      - One is taken for such an object by its name, and only if the controller's field manager has written it.
    type: list
    elements: dict
    default: []
    suboptions:
      group:
        description: API group of the objects. Empty for the core group.
        type: str
        default: ""
      kind:
        description: Kind of the objects.
        type: str
        required: true
      name:
        description: Name of the objects; may hold wildcards.
        type: str
        required: true
      namespace:
        description: Their namespace. When not given, they may be in any, or the kind has none.
        type: str
      manager:
        description: Field manager of the controller.
        type: str
        required: true
      by:
        description: The Deployment of the controller, as C(namespace/name).
        type: str
        required: true
"""
