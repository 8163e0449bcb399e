# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How messages name options."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  variable_prefix:
    description:
      - What stands before the names of options in messages, for a caller whose users set variables of those names.
      - The roles of this collection give V(kubeflow_).
    type: str
    default: ""
"""
