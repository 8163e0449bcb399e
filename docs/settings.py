# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes settings.md, the table of all settings, from the argument specs of the roles and from settings.yml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parent
ROOT = DOCS.parent
HEAD = """\
<!-- Written by docs/settings.py from the argument specs of the roles: make docs. -->
# Settings

A setting is a variable of the inventory, of `--extra-vars` or of a playbook. The defaults leave everything as upstream has it.
What a setting changes becomes a kustomize patch in the plan (`--tags render`, then look into `<work directory>/plan/<part>/patches`);
a setting whose object is not in the chosen release fails the render and names the nearest thing, a misspelt one is refused with a suggestion.
`ansible-doc -t role mlplatform.kubeflow.<role>` shows every option with its suboptions.
"""


def options_of(role: str, entry: str = "main") -> dict[str, Any]:
    spec = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    options: dict[str, Any] = spec[entry]["options"]
    return options


def parts() -> list[str]:
    """All parts of all releases, in the order of the playbook."""
    tasks = yaml.safe_load((ROOT / "playbooks/site.yml").read_text(encoding="utf-8"))[0]["tasks"]
    imported = [task["ansible.builtin.import_role"] for task in tasks]
    return [entry["name"].rpartition(".")[2] for entry in imported if entry["tasks_from"] == "plan"]


def cell(value: Any) -> str:
    """Text of a table's cell, with Ansible's markup as Markdown's."""
    text = re.sub(r"\b[A-Z]\(([^()]*(?:\([^()]*\)[^()]*)*)\)", r"`\1`", str(value))
    return text.replace("|", "\\|").replace("\n", " ").strip()


def default(option: dict[str, Any]) -> str:
    value = option.get("default", "")
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{cell(text)}`" if text and len(text) < 60 else ("see the role's defaults" if text else "")


def type_of(option: dict[str, Any]) -> str:
    kind = f"list of {option['elements']}" if option["type"] == "list" else option["type"]
    choices = [f"`{choice}`" for choice in option.get("choices", ()) if choice != ""]
    return f"{kind}: {', '.join(choices)}" if choices else str(kind)


def changed(name: str, rows: dict[str, Any], releases: list[str]) -> str:
    """The objects that a setting is about, with the releases that it is for when those are not all."""
    row = rows.get(name)
    if not row:
        return ""
    changes = row["changes"]
    objects: dict[str, None] = {}
    for entry in ([changes[release] for release in releases if release in changes]) or [changes]:
        objects.update(dict.fromkeys(entry))
    only = f" ({', '.join(row['releases'])} only)" if "releases" in row else ""
    return ", ".join(objects) + only


def flat(options: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Options, each followed by its suboptions."""
    for name, option in options.items():
        yield prefix + name, option
        mark = "[]" if option["type"] == "list" else ""
        yield from flat(option.get("options", {}), f"{prefix}{name}{mark}.")


def table(options: dict[str, Any], rows: dict[str, Any], releases: list[str]) -> Iterator[str]:
    yield "| setting | type | default | what it does | what it patches |"
    yield "|---|---|---|---|---|"
    for name, option in flat(options):
        patched = cell(changed(name, rows, releases))
        yield f"| `{name}` | {cell(type_of(option))} | {default(option)} | {cell(option['description'])} | {patched} |"


def page() -> str:
    rows = yaml.safe_load((DOCS / "settings.yml").read_text(encoding="utf-8"))
    releases = sorted(path.stem for path in (ROOT / "roles/kubeflow/vars/releases").glob("*.yml"))
    lines = [HEAD, "## All parts", "", *table(options_of("kubeflow", "release"), {}, releases)]
    for part in parts():
        options = options_of(part)
        if options:
            lines += ["", f"## {part}", "", *table(options, rows, releases)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (DOCS / "settings.md").write_text(page(), encoding="utf-8")
