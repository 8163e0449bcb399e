# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How messages name the options of a module: as whoever reads them has to set them."""

from __future__ import annotations

from typing import Any

_prefix = ""
NAMING_SPEC: dict[str, Any] = {"variable_prefix": {"type": "str", "default": ""}}
"""Belongs into the argument spec of a module whose messages name options."""


def name_options(params: dict[str, Any]) -> None:
    """From now on, in this process: a module is one."""
    global _prefix
    _prefix = params["variable_prefix"]


def option_name(name: str, setting: str = "") -> str:
    """What to call an option of a module.

    :arg setting: what the caller's variable is called after the prefix, where it is not called as the option.
    """
    return f"{_prefix}{setting or name}" if _prefix else name
