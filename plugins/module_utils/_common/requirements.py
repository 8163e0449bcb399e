# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python packages that modules need and Ansible does not bring: said by name when they are missing.

Every file here can be imported without them, as Ansible's own checks do.
"""

from __future__ import annotations

import importlib
import traceback
from typing import Any

_DISTRIBUTIONS = {"yaml": "PyYAML"}


def require(module: Any, *packages: str) -> None:
    """Fail the module when a package cannot be imported.

    :arg module: the C(AnsibleModule).
    :arg packages: names to import.
    """
    from ansible.module_utils.basic import missing_required_lib

    for name in packages:
        try:
            importlib.import_module(name)
        except ImportError:
            module.fail_json(msg=missing_required_lib(_DISTRIBUTIONS.get(name, name)), exception=traceback.format_exc())
