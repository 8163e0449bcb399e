# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages about settings, an index and one for each part, from the argument specs of the roles and from the rows beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from setting_rows import Row, changes_in, setting_rows

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names

DOCS = Path(__file__).parent
ROOT = DOCS.parent
MARK = "<!-- Written by docs/settings.py from the argument specs of the roles: make docs. -->\n"
HEAD = """\
# Settings

A setting is a variable of the inventory, of `--extra-vars` or of a playbook. The defaults leave everything as upstream has it,
except images that are gone and live elsewhere (`kubeflow_image_map`).
What a setting changes becomes a kustomize patch in the plan (`--tags render`, then look into `<work directory>/plan/<part>/patches`);
a setting whose object is not in the chosen release fails the render and names the nearest thing, a misspelt one is refused with a suggestion.
`ansible-doc -t role mlplatform.kubeflow.<role>` shows every option with its suboptions.

| to | set |
|---|---|
| open Kubeflow through a cloud's load balancer | `istio_gateway_service_type: LoadBalancer`, `istio_gateway_annotations` |
| open it by its own name, with TLS | `kubeflow_istio_resources_hosts`, `kubeflow_istio_resources_tls_secret`, `dex_issuer` |
| open it by plain HTTP, without a port-forward to `localhost` | `jupyter_web_app_secure_cookies: false`, and the same of the other web apps |
| let people log in with the accounts that they have | `dex_connectors`, `dex_env_from_secrets`, `dex_enable_password_db: false` |
| choose users and passwords | `dex_users`, with hashes of `htpasswd -nBC 10 ""`; `user_namespace_owner` |
| run on small machines, or on a few of many | `kubeflow_resources: 0.5` or `none`; `kubeflow_workloads` with `node_selector` and `tolerations` |
| keep data on other disks, and more of it | `kubeflow_volumes` with `storage_class` and `size` |
| use a database and an object store of one's own | `pipelines_database_host`, `pipelines_object_store`, `katib_database_host` |
| pull from a registry of one's own | `kubeflow_image_registries`, `kubeflow_images`, `kubeflow_image_pull_secrets` |
| offer images, sizes and GPUs to notebooks | `jupyter_web_app_images`, `jupyter_web_app_cpu`, `jupyter_web_app_memory`, `jupyter_web_app_gpus` |
| stop notebooks that nobody uses | `notebook_controller_culling: true`, `notebook_controller_idle_minutes` |
| drop old runs and what they have made | `pipelines_workflow_ttl_seconds`, `pipelines_artifact_retention_days` |
| serve models without Knative | `kserve_default_deployment_mode: RawDeployment` |
| add links to the dashboard | `central_dashboard_extra_links` |
| leave out what the cluster has | `kubeflow_provided_parts` |

## How values are read

A setting is what its type says, whatever form it came in: data of a YAML inventory, or text of a survey, an INI inventory or `-e name=value`.

| type | as text |
|---|---|
| bool | `yes`, `on`, `1`, `true` and their opposites |
| int | the number |
| list of str | names by lines or commas, or a YAML or JSON list |
| dict, list of dict | YAML or JSON; `key=value,key=value` for a plain dict |
| any | empty text and `null` mean that it is not given: the default |

Text is text: a number, a date or `true` where text is meant is refused, since YAML has by then made 7 of `007` and 26.1 of `26.10`; write it
in quotes. (An unquoted `kubeflow_release: 26.03` is taken, as it can be no other.) Values of labels, annotations, selectors and variables are
text as well. A value is never templated a second time: `!unsafe "{{ x }}"` arrives as it is.

`kubeflow_settings` carries any settings of any part by their names, as a dict or as YAML text, for where one variable has to do: in an AWX
survey, whose answer `7` or `yes` Ansible would otherwise read as a number or a truth value. They are checked like the others. A variable of a
setting's own name goes before, from wherever it comes (the inventory, too, goes before a `kubeflow_settings` of `-e`), and a run says so.

A run also says which settings have no effect, because their part is not chosen.
"""


def options_of(role: str, entry: str = "plan") -> dict[str, Any]:
    spec = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    options: dict[str, Any] = spec[entry]["options"]
    return options


def parts() -> list[str]:
    """All parts of all releases, in the order of the playbook."""
    tasks = yaml.safe_load((ROOT / "playbooks/tasks/parts.yml").read_text(encoding="utf-8"))
    return [task["ansible.builtin.import_role"]["name"].rpartition(".")[2] for task in tasks]


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
    named = f"{kind}: {', '.join(choices)}" if choices else str(kind)
    return f"{named}, required" if option.get("required") else named


def changed(row: Row | None, parts: dict[str, dict[str, Any]]) -> str:
    """The objects that a setting is about, with the releases that have it when those are not all that have its part.

    :arg parts: the part by release.
    """
    if not row:
        return ""
    changes = {release: found for release, part in parts.items() if (found := changes_in(row, part)) is not None}
    objects = {thing: None for found in changes.values() for thing in found}
    only = f" ({', '.join(changes)} only)" if changes.keys() != parts.keys() else ""
    return ", ".join(objects) + only


def flat(options: dict[str, Any], prefix: str = "", known: dict[str, str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Options, each followed by its suboptions, or by the name of the option that has the same ones."""
    known = {} if known is None else known
    for name, option in options.items():
        mark = "[]" if option["type"] == "list" else ""
        inner = option.get("options", {})
        same = known.setdefault(json.dumps(inner), prefix + name) if len(inner) > 2 else prefix + name
        if same == prefix + name:
            yield prefix + name, option
            yield from flat(inner, f"{prefix}{name}{mark}.", known)
        else:
            yield prefix + name, {**option, "description": f"{option['description']} Its suboptions are those of C({same})."}


def table(options: dict[str, Any], rows: dict[str, Row], parts: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| setting | type | default | what it does | what it patches |"
    yield "|---|---|---|---|---|"
    for name, option in flat(options):
        patched = cell(changed(rows.get(name), parts))
        anchor = f'<a id="{name}"></a>' if name in options else ""
        yield f"| {anchor}`{name}` | {cell(type_of(option))} | {default(option)} | {cell(option['description'])} | {patched} |"


def homes() -> dict[str, str]:
    """The role of each setting."""
    roles = {"kubeflow": options_of("kubeflow", "release"), **{part: options_of(part) for part in parts()}}
    return {name: role for role, options in roles.items() for name in options}


def linked(text: str) -> str:
    """The text with each setting that it names, or sets, as a link to where it is explained."""
    known = homes()

    def link(match: re.Match[str]) -> str:
        role = known.get(match[1])
        return f"[{match[0]}](settings/{role}.md#{match[1]})" if role else match[0]

    return re.sub(r"`(\w+)(?::[^`]*)?`", link, text)


def what_it_is(part: str) -> str:
    """The part in words, without that its role installs it."""
    spec = yaml.safe_load((ROOT / f"roles/{part}/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]
    return str(spec["short_description"]).removeprefix("Install ").removesuffix(", and what it requires")


def example(role: str) -> list[str]:
    spec = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]
    return ["For example:", "", "```yaml", spec["examples"].rstrip(), "```"]


def index() -> str:
    lines = [MARK + linked(HEAD), "## Where each setting is explained", "", "| part | what it is | settings |", "|---|---|---|"]
    shared = ", ".join(f"`{name}`" for name in options_of("kubeflow", "release"))
    lines.append(f"| [all parts](settings/kubeflow.md) | what they share, and what a run does | {linked(shared)} |")
    for part in parts():
        names = ", ".join(f"`{name}`" for name in options_of(part))
        lines.append(f"| [{part}](settings/{part}.md) | {cell(what_it_is(part))} | {linked(names)} |")
    return "\n".join(lines) + "\n"


def shared_page() -> str:
    lines = ["# Settings that all parts share", "", "[All settings](../settings.md)", "", *example("kubeflow"), ""]
    return MARK + "\n".join([*lines, *table(options_of("kubeflow", "release"), {}, {})]) + "\n"


def part_page(part: str, rows: dict[str, Row], having: dict[str, dict[str, Any]]) -> str:
    """:arg having: the part by release."""
    lines = [f"# {part}", "", f"Part of Kubeflow {' and '.join(having)}: {what_it_is(part)}. [All settings](../settings.md)", ""]
    lines += ["| release | requires | recommends | its manifests |", "|---|---|---|---|"]
    for release, told in having.items():
        others = [", ".join(f"[{name}]({name}.md)" for name in told.get(key, ())) for key in ("requires", "recommends")]
        paths = ", ".join(f"`{path}`" for path in told["paths"])
        asked = " (only where it is asked for)" if told.get("optional") else ""
        lines.append(f"| {release}{asked} | {others[0]} | {others[1]} | {paths} |")
    lines += ["", *example(part), ""]
    options = options_of(part)
    none = ["It has no settings of its own; those that [all parts share](kubeflow.md) are about it, too."]
    return MARK + "\n".join([*lines, *(table(options, rows, having) if options else none)]) + "\n"


def pages() -> dict[str, str]:
    """Texts by their path below this folder."""
    rows, files = setting_rows(), ROOT / "roles/kubeflow/vars"
    releases = {name: read_release(files, name) for name in release_names(files)}
    found = {"settings.md": index(), "settings/kubeflow.md": shared_page()}
    for part in parts():
        having = {name: release["parts"][part] for name, release in releases.items() if part in release["parts"]}
        found[f"settings/{part}.md"] = part_page(part, rows, having)
    return found
