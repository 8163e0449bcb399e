# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""That the collection's many small files say the same."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names

ROOT = Path(__file__).parents[2]
RELEASE_FILES = ROOT / "roles/kubeflow/vars"
RELEASES = {name: read_release(RELEASE_FILES, name) for name in release_names(RELEASE_FILES)}
PARTS = sorted({name for release in RELEASES.values() for name in release["parts"]})
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
NO_PARTS = {
    "kubeflow",
    "install",
    "binary",
    "kustomize",
    "prerequisites",
    "cluster_kwok",
    "cluster_kind",
    "cluster_minikube",
    "cluster_kubeadm",
    "apiserver_patch",
    "awx",
}
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def site_tasks() -> list[dict[str, Any]]:
    """Tasks of the playbook, with those that it imports in their place."""
    tasks: list[dict[str, Any]] = []
    for task in read("playbooks/site.yml")[0]["tasks"]:
        path = task.get("ansible.builtin.import_tasks")
        tasks += read(f"playbooks/{path}") if path else [task]
    return tasks


def imported(task: dict[str, Any]) -> tuple[str, str]:
    given = task["ansible.builtin.import_role"]
    return given["name"].removeprefix("mlplatform.kubeflow."), given["tasks_from"]


def test_releases_roles_and_the_playbook_name_the_same_parts() -> None:
    assert set(ROLES) - NO_PARTS == set(PARTS)
    assert sorted(role for role, entry in map(imported, site_tasks()) if entry == "plan") == PARTS


def test_the_playbook_tags_each_part_and_room_by_its_name() -> None:
    for task in site_tasks():
        role, entry = imported(task)
        name = role if entry == "plan" else entry
        assert task["tags"] == (["always"] if name in ("inventory", "cluster_info") else ["always", name]), name


def test_settings_are_checked_by_the_tasks_that_read_them() -> None:
    """And not by a task of Ansible's own before them, which refuses text where data is meant."""
    for path in (*(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml"), ROOT / "bench/prepare.yml"):
        document = yaml.safe_load(path.read_text())
        for task in (task for entry in document for task in entry.get("tasks", [entry])):
            given = task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role") or {}
            if given.get("tasks_from") in ("plan", "release"):
                assert given.get("rolespec_validate") is False, path


def test_no_line_of_a_playbook_is_long() -> None:
    for path in (ROOT / "playbooks").rglob("*.yml"):
        assert max(map(len, path.read_text().splitlines())) <= 120, path


def test_the_playbook_walks_through_the_rooms_in_order() -> None:
    phases = read("roles/kubeflow/vars/main.yml")["__kubeflow_phases"]
    entries = [entry for role, entry in map(imported, site_tasks()) if role == "kubeflow"]
    # Which cluster it is is said, and refused, before parts are planned.
    assert entries == ["inventory", "release", "cluster_info", *phases[1:]]
    for phase in phases:
        assert (ROOT / f"roles/kubeflow/tasks/{phase}.yml").exists()


@pytest.mark.parametrize("release", RELEASES)
def test_the_playbook_names_the_parts_in_upstreams_order(release: str) -> None:
    names = list(RELEASES[release]["parts"])
    assert [role for role, entry in map(imported, site_tasks()) if entry == "plan" and role in names] == names


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_file_is_whole(release: str) -> None:
    release_file = RELEASES[release]
    assert release_file["release"] == release
    assert set(release_file) == {
        "release",
        "recognised_by",
        "runtime_owned",
        "made_by_controllers",
        "left_by_controllers",
        "gone_images",
        "sources",
        "kustomize",
        "kubernetes",
        "dashboard",
        "example",
        "parts",
    }
    assert set(release_file["kubernetes"]) == {"min", "max", "tested"}
    assert set(release_file["example"]) == {"path", "apply", "pause", "differences"}
    manifests = release_file["sources"]["repositories"][0]
    assert manifests["name"] == "manifests"
    assert re.fullmatch(r"[0-9a-f]{40}", manifests["commit"])
    # A number would lose a zero at its end.
    assert all(isinstance(value, str) for value in (release_file["kustomize"], *release_file["kubernetes"].values()))
    for name, part in release_file["parts"].items():
        assert part["paths"], name
        assert set(part) <= {"paths", "overlays", "optional", "requires", "recommends", "namespace", "names"}, name
        assert set(part["requires"]) | set(part.get("recommends", ())) <= set(release_file["parts"]), name
        assert not set(part["requires"]) & set(part.get("recommends", ())), name
        assert name not in part["requires"], name


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_gone_is_said_with_date_and_source_and_replaced_by_the_same_version(release: str) -> None:
    for entry in RELEASES[release]["gone_images"]:
        assert set(entry) - {"living"} == {"image", "since", "source"}
        assert re.fullmatch(r"20\d\d-\d\d", entry["since"]) and entry["source"].startswith("https://")
        if "living" in entry:
            tag = entry["image"].rpartition(":")[2].removesuffix("-license-compliance")
            assert "/" not in tag and entry["living"].endswith(f":{tag}")


@pytest.mark.parametrize("name", PARTS)
def test_every_parts_role_has_the_same_shape(name: str) -> None:
    """Who knows one knows all."""
    folder = ROOT / "roles" / name
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.yml")} >= {
        "meta/argument_specs.yml",
        "meta/main.yml",
        "tasks/main.yml",
        "tasks/plan.yml",
    }
    plan, main = read(f"roles/{name}/tasks/plan.yml"), read(f"roles/{name}/tasks/main.yml")
    assert plan == [
        {
            "name": f"Plan {name}",
            "mlplatform.kubeflow.plan_part": {"name": name},
            "register": f"__{name}_plan",
            "when": f"'{name}' in __kubeflow_selection.parts",
            "tags": "always",
        }
    ]
    points = read(f"roles/{name}/meta/argument_specs.yml")["argument_specs"]
    assert (folder / "templates/changes.yml.j2").exists() == bool(points["plan"]["options"])
    # Ansible's own check would come before, and take no text for data.
    assert points["main"]["options"] == {}
    assert main[0]["ansible.builtin.include_role"] == {"name": "mlplatform.kubeflow.install"}
    assert main[0]["vars"] == {"kubeflow_parts": [name]}
    # On role kubeflow above all, whose tasks would install everything: role install makes its settings known.
    assert read(f"roles/{name}/meta/main.yml")["dependencies"] == []


def test_every_module_is_in_the_action_group() -> None:
    groups = read("meta/runtime.yml")["action_groups"]
    direct = [entry for entry in groups["kubeflow"] if isinstance(entry, str)]
    assert sorted(direct + groups["cluster"]) == MODULES
    assert {"metadata": {"extend_group": ["cluster"]}} in groups["kubeflow"]


@pytest.mark.parametrize("name", MODULES)
def test_a_modules_words_about_its_action_group_are_true(name: str) -> None:
    text = (ROOT / f"plugins/modules/{name}.py").read_text()
    on_the_cluster = name in read("meta/runtime.yml")["action_groups"]["cluster"]
    assert f"mlplatform.kubeflow._attributes.{'cluster' if on_the_cluster else 'local'}" in text
    assert ("mlplatform.kubeflow._connection" in text) == on_the_cluster


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_used_by_a_role_or_a_playbook(name: str) -> None:
    users = [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")]
    assert any(re.search(rf"^\s*(- )?mlplatform\.kubeflow\.{name}:", path.read_text(), re.MULTILINE) for path in users)


def test_helpers_are_private() -> None:
    for path in (ROOT / "plugins/module_utils").rglob("*.py"):
        assert path.relative_to(ROOT / "plugins/module_utils").parts[0].startswith("_"), path


def test_every_action_has_its_documentation() -> None:
    assert {path.stem for path in (ROOT / "plugins/action").glob("*.py")} <= set(MODULES)


def test_every_playbook_refuses_a_missing_group_rather_than_matching_nothing() -> None:
    for path in (ROOT / "playbooks").glob("*.yml"):
        for play in yaml.safe_load(path.read_text()):
            if "hosts" in play:
                assert "'all:localhost'" in play["hosts"] or "'localhost'" in play["hosts"] or path.stem == "awx", path


def listed_by_awx(listed: Callable[[str, Path], bool]) -> set[str]:
    """Files of the checkout that AWX offers: awx/main/utils/ansible.py skips these folders."""
    skipped = ("roles", "tasks", "group_vars", "host_vars")
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    folders = {file: Path(file).parent.parts for file in files if (ROOT / file).is_file()}
    return {
        file
        for file, parts in folders.items()
        if not any(part in skipped or part.startswith(".") for part in parts) and listed(Path(file).name, ROOT / file)
    }


def test_awx_offers_the_playbooks_that_people_start_there() -> None:
    """It takes every file for a playbook that has a line like this one; a key in quotes is none for it."""
    like = re.compile(r"^\s*?-?\s*?(?:hosts|(?:ansible\.builtin\.)?import_playbook):\s*?.*?$", re.MULTILINE)
    offered = listed_by_awx(lambda name, path: name.endswith((".yml", ".yaml")) and bool(like.search(path.read_text())))
    # The others of playbooks/ make clusters, or something on the machine that they run on.
    verbs = ("site", "preflight", "status", "diagnose", "nodes", "uninstall", "reinstall")
    assert offered == {"site.yml", *(f"playbooks/{verb}.yml" for verb in verbs)}


def test_awx_offers_the_inventories() -> None:
    """Files called hosts, whatever is in them; not those that end in .yml."""
    offered = listed_by_awx(lambda name, _path: name in ("inventory", "hosts") or name.endswith(".ini"))
    assert offered == {str(path.relative_to(ROOT) / "hosts") for path in (ROOT / "inventories").iterdir()}


def test_every_play_on_clusters_runs_here_and_machines_are_reached_as_they_say() -> None:
    for path in (ROOT / "playbooks").glob("*.yml"):
        for play in yaml.safe_load(path.read_text()):
            on_clusters = "'kubeflow' in groups" in play["hosts"]
            assert on_clusters == (path.stem not in ("nodes", "awx"))
            if path.stem == "awx":
                continue
            assert play.get("connection") == ("local" if on_clusters else None), path
            assert ("ansible_python_interpreter" in play.get("vars", {})) == on_clusters, path


def test_every_module_on_a_cluster_is_given_the_same_one_and_no_credential() -> None:
    """A credential in a module's arguments would be seen with -vvv; the environment of a task is part of a command line."""
    cluster_modules = read("meta/runtime.yml")["action_groups"]["cluster"]
    found = set()
    for path in (ROOT / "roles").rglob("tasks/*.yml"):
        for task in (task for entry in yaml.safe_load(path.read_text()) or () for task in entry.get("block", [entry])):
            for name in (name for name in cluster_modules if f"mlplatform.kubeflow.{name}" in task):
                found.add(name)
                given = task[f"mlplatform.kubeflow.{name}"]
                assert not {"api_key", "password", "client_key", "proxy"} & set(given), path
                assert "environment" not in task, path
                if name == "apiserver_flags":
                    # Its host is a machine, which belongs to a cluster.
                    assert given["kubeconfig"] == "{{ apiserver_patch_kubeconfig | default(omit, true) }}"
                    continue
                assert (given["kubeconfig"], given["context"]) == (
                    "{{ __kubeflow_kubeconfig }}",
                    "{{ __kubeflow_settings.kubeflow_context }}",
                ), path
                assert given.get("cluster") == (None if name == "cluster_info" else "{{ __kubeflow_cluster_info.cluster }}"), path
    assert found == set(cluster_modules)


def test_the_collections_version_stands_in_one_place() -> None:
    version = read("galaxy.yml")["version"]
    for path in (
        path for folder in ("plugins", "roles", "playbooks") for path in (ROOT / folder).rglob("*.[py]*") if path.suffix in (".py", ".yml")
    ):
        lines = [line for line in path.read_text().splitlines() if "version_added" not in line]
        assert not any(re.search(rf"mlplatform\.kubeflow/v\d|\b{re.escape(version)}\b", line) for line in lines), path


def test_who_has_a_checkout_can_build_the_collection() -> None:
    """ansible-galaxy needs distlib for a manifest."""
    assert "manifest" in read("galaxy.yml")
    assert re.search(r"^distlib==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "docs/settings.md",
        "docs/troubleshooting.md",
        "docs/mirrors.md",
        "inventories/existing/group_vars/kubeflow.yml",
    ],
)
def test_settings_that_a_text_names_are_settings(document: str) -> None:
    roles = [*PARTS, "kubeflow"]
    specs = [read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"] for role in roles]
    names = {name for spec in specs for entry in spec.values() for name in entry["options"]}
    prefixes = "|".join(roles)
    text = (ROOT / document).read_text()
    # A colon follows where one is set, a backtick where one is named.
    named = set(re.findall(rf"(?<![\w/.])((?:{prefixes})_[a-z_]+)(?=[:`])", text))
    # What a run hands on with set_stats.
    names |= set(re.findall(r"'(kubeflow_outcomes?)'", (ROOT / "roles/kubeflow/tasks/outcome.yml").read_text()))
    assert named
    assert named <= names


def test_every_release_is_a_host_of_the_scenario_of_releases() -> None:
    """A file each, with what upstream's example of it holds; nothing else of Molecule is about a release."""
    found, keys = {}, set()
    for path in (ROOT / "molecule/default/hosts").glob("*.yml"):
        [(host, variables)] = read(f"molecule/default/hosts/{path.name}")["kubeflow"]["hosts"].items()
        assert host == f"molecule-{re.sub('[^a-z0-9]', '-', path.stem)}"
        found[path.stem] = variables["kubeflow_release"]
        keys.add(frozenset(variables))
    assert found == {release: release for release in RELEASES}
    assert len(keys) == 1


def test_scenarios_share_what_is_no_promise_of_theirs() -> None:
    """Making, installing and removing is in the base configuration: a scenario has its promise, its hosts and what is verified."""
    # What has to be there before an install where images cannot be pulled, and what looks at real nodes.
    more = {
        "kind": {
            *("README.md", "prepare.yml", "program", "images", "standins.yml.j2", "probed.yml.j2", "forwarded.py"),
            # An uninstall, and the way back.
            *("side_effect.yml", "notebook.yml", "notebook.yml.j2", "snapshot.py"),
        },
        # What is changed there is a machine, not a cluster.
        "apiserver_patch": {"prepare.yml", "converge.yml", "pod.yml.j2"},
    }
    for path in (ROOT / "molecule").glob("*/*"):
        assert path.name in {"molecule.yml", "hosts", "verify.yml", "objects.yml"} | more.get(path.parent.name, set()), path
