# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page about preflight, a row for each check."""

from __future__ import annotations

from findings import escaped, sentence

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS

MARK = "<!-- Written by docs/preflight.py from the checks in plugins/module_utils/_preflight/checks: make docs. -->\n"
HEAD = """\
# Preflight

What is asked of a cluster before anything is written to it: by each run of `site.yml` after its plan is rendered, and alone by

    ansible-playbook -i inventories/mine mlplatform.kubeflow.preflight

Each row is a check, a file in `plugins/module_utils/_preflight/checks`.

- A check **fails** when an install would end badly for certain: the run stops, with the cluster untouched. It **warns** where that is not certain,
  where something less than the install is at stake, or where the credentials may not look. What is wrong is said with what to do about it.
- `kubeflow_preflight_overrides: [<check>]` makes a warning of a failure.
- They read what the plan has and what the cluster has, each kind once: 28 requests for the whole of Kubeflow on an empty cluster. Besides questions
  they send one request for a token and one for its review, reviews of rights, and dry runs of objects where policies or Pod Security levels of
  somebody else are in force. Nothing of that stays.
- What only a node can tell (limits of its kernel, modules, instructions of its processor, whether it reaches a registry) they do not ask:
  [role prerequisites](../roles/prerequisites/README.md) looks at machines.
- Nodes that KWOK simulates run no programs, so none are missed there: of the embedded cluster's DNS, provisioner and load balancer nothing is asked.
- All of it is in [`report.json`](report.md), as `preflight`, and is what module `preflight` returns as `findings`.
"""


def page() -> str:
    lines = [MARK + HEAD, "| check | what it asks | where the cluster does not say |", "|---|---|---|"]
    for name, check in sorted(CHECKS.items()):
        said = f"{'fails' if check.needs_answer else 'warns'}: {sentence(_plain(check.unsaid))}" if check.unsaid else ""
        lines.append(f'| <a id="{name}"></a>`{name}` | {escaped(check.asks)} | {said} |')
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Braces are a template's in sentences of rules, and none here."""
    return text.replace("{", "{{").replace("}", "}}")
