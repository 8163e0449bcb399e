# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of preflight, a file each.

Ansible's AnsiballZ sends with a module only the files that import statements name, and does not look into folders: so each file
has its line here. A unit test says which one is missing.
"""

from ..check import CHECKS
from . import kubernetes_version, provided_parts, rights  # noqa: F401

__all__ = ["CHECKS"]
