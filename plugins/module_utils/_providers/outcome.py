# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every provider tells of a cluster that it was asked to make or to remove."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Outcome:
    """What was found missing (or, when it was to be removed, what was there), and where its API server is."""

    changes: list[str] = field(default_factory=list)
    server: str = ""


def result_of(module: Any, kubeconfig: Path, outcome: Outcome) -> dict[str, Any]:
    """What is the same in the result of the providers' modules.

    :arg module: the C(AnsibleModule), with options C(name) and C(state).
    """
    result: dict[str, Any] = {
        "changed": bool(outcome.changes),
        "changes": outcome.changes,
        "kubeconfig": str(kubeconfig),
        "server": outcome.server,
    }
    if module._diff:
        header = "found" if module.params["state"] == "absent" else "missing"
        title = f"cluster {module.params['name']}"
        lines = "".join(f"{header}: {line}\n" for line in outcome.changes)
        result["diff"] = {"before": lines, "after": "", "before_header": title, "after_header": title}
    return result


def flag_text(value: Any) -> str:
    """The value of a program's option as its command line has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
