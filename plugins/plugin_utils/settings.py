# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of variables that look like settings and are none: an argument spec does not see a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


def unknown_settings(names: Iterable[str], specs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Sort out variables that begin like settings of a role.

    :arg names: of variables.
    :arg specs: names of settings by role.
    :returns: C(misspelt), a line each; C(other), names that are like no setting and may be somebody else's.
    """
    misspelt, other = list[str](), list[str]()
    for name in sorted(names):
        # The longest: kserve_models_web_app_x is none of kserve's.
        role = max((role for role in specs if name.startswith(f"{role}_")), key=len, default=None)
        if role is None or name in specs[role]:
            continue
        near = difflib.get_close_matches(name, sorted(specs[role]), n=1, cutoff=0.85)
        if near:
            misspelt.append(f"'{name}' is not a setting; did you mean '{near[0]}'?")
        else:
            other.append(name)
    return {"misspelt": misspelt, "other": other}
