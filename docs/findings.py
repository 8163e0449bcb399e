# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page about findings, a row for each rule of diagnosis."""

from __future__ import annotations

import re
import string

from settings import cell, homes

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.rules import RULES

MARK = "<!-- Written by docs/findings.py from the rules in plugins/module_utils/_diagnosis/rules: make docs. -->\n"
HEAD = """\
# Findings

What a diagnosis knows: `make diagnose`, playbook `mlplatform.kubeflow.diagnose`, and a run that fails, by itself. Each row is a rule, a file in
`plugins/module_utils/_diagnosis/rules`; [Troubleshooting](troubleshooting.md) says how to read the end of a run.

- A finding is a **cause**: what only follows from another one hangs below it and goes on by itself once that is mended. A pod that waits for
  ConfigMap `istio-ca-root-cert`, for example, leads to istiod, istiod to its image, and the image is told, with the number of objects behind it.
- "After" is how long it may be so without being a failure, in seconds: pods wait for what comes a moment later, and programs end some times
  before their database is there.
- "By itself": it goes away without anybody's doing. No reinstall is needed, here or for any other row: a run goes on from where it is.
- What no rule knows is shown as it is, with the cluster's own words, and not guessed.
- It looks for what the API tells: objects, their conditions, events, logs of containers that fail, discovery. What only a node, a browser or a
  network can tell (limits of a kernel before a program meets them, cookies over plain HTTP, a login that is redirected for ever) has no row;
  [role prerequisites](../roles/prerequisites/README.md) looks at machines.
- Nothing is written without `kubeflow_repair: true`, which makes anew, under the run's Lease, what comes up by being made anew: workloads
  whose pods were refused while a webhook could not be asked, pods that started before what they need (each once), Jobs that have given up.
- `kubeflow_support_bundle: true` writes the evidence into `support-bundle.tar.gz` in the work directory, for people who help. Secrets and
  ConfigMaps are in it by name only, and what looks like a password, a token or a key elsewhere is taken out. Look through it before you give
  it away: names of hosts, images and users stay.
"""


def sentence(text: str) -> str:
    """A rule's sentence without the words of a match, and with its settings as links."""
    parts = string.Formatter().parse(text)
    plain = re.sub("…+", "…", "".join(said + ("…" if field is not None else "") for said, field, _spec, _how in parts))
    known = homes()
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    return re.sub(
        rf"(?<![\w./-])({names})(?!\w)", lambda match: f"[`{match[1]}`](settings/{known[match[1]]}.md#{match[1]})", escaped(plain)
    )


def escaped(text: str) -> str:
    """A placeholder in angle brackets would be an element of HTML."""
    return cell(text).replace("<", "&lt;").replace(">", "&gt;")


def page() -> str:
    lines = [MARK + HEAD, "| finding | the cluster shows | cause | what to do | after | by itself |", "|---|---|---|---|---|---|"]
    for name, rule in sorted(RULES.items()):
        after = f"{rule.after:g}" if rule.after else ""
        cells = (
            f'<a id="{name}"></a>`{name}`',
            escaped(rule.shown),
            sentence(rule.cause),
            sentence(rule.remedy),
            after,
            "yes" if rule.heals else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
