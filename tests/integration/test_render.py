# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module render with the real kustomize, on small manifests of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DEFAULT_RELEASE, RELEASES, Ran, run_module

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.manifests import load_manifests
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan

Thing = dict[str, Any]
RELEASE = RELEASES[DEFAULT_RELEASE]
VERSION = RELEASE["kustomize"]


class Render:
    """Manifests as module source lays them out, and the module run on them with a cache of its own."""

    def __init__(self, folder: Path, kustomize: str) -> None:
        self.cache, self.plan, self.kustomize = folder / "cache", folder / "work" / "plan", kustomize
        self.manifests = self.cache / "source" / "0123456789abcdef" / "manifests"
        self.add("one", {"kind": "ConfigMap", "name": "one"})
        self.add("two", {"kind": "ConfigMap", "name": "two"}, {"kind": "Secret", "name": "two"})

    def add(self, path: str, *objects: Thing, into: Path | None = None) -> None:
        folder = (into or self.manifests) / path
        folder.mkdir(parents=True, exist_ok=True)
        documents = [{"apiVersion": "v1", "kind": item["kind"], "metadata": {"name": item["name"]}} for item in objects]
        (folder / "all.yaml").write_text(yaml.safe_dump_all(documents))
        (folder / "kustomization.yaml").write_text("resources: [all.yaml]\n")

    def run(self, *parts: str | Thing, check: bool = False, python: str = sys.executable, **arguments: Any) -> Ran:
        given = [part if isinstance(part, dict) else {"name": part, "paths": [part]} for part in parts]
        options = {"release": "test", "parts": given, "manifests": str(self.manifests), "plan": str(self.plan)}
        return run_module(
            "render", {**options, "kustomize": self.kustomize, "cache": str(self.cache), **arguments}, check=check, python=python
        )

    def names(self) -> dict[str, list[str]]:
        return {part.name: [item["metadata"]["name"] for item in part.objects] for part in load_plan(self.plan).parts}


@pytest.fixture
def render(tmp_path: Path, binary: Callable[[str, str], str]) -> Render:
    return Render(tmp_path, binary("kustomize", VERSION))


def test_a_plan_for_people_and_for_modules(render: Render) -> None:
    ran = render.run("two", {"name": "one", "paths": ["one"], "namespace": "given"})
    assert not ran.failed, ran.stdout
    assert ran["changed"] is False
    assert [(part["name"], part["objects"], part["cached"]) for part in ran["parts"]] == [("two", 2, False), ("one", 1, False)]
    assert render.names() == {"two": ["two", "two"], "one": ["one"]}
    assert load_plan(render.plan).parts[1].objects[0]["metadata"]["namespace"] == "given"
    for part in ("one", "two"):
        kustomization = yaml.safe_load((render.plan / part / "kustomization.yaml").read_text())
        assert (render.plan / part / kustomization["resources"][0]).resolve() == render.manifests / part
        assert load_manifests((render.plan / part / "objects.yaml").read_bytes()) == json.loads(
            (render.plan / part / "objects.json").read_text()
        )


def test_only_the_owner_can_read_it(render: Render) -> None:
    os.umask(0o022)
    render.run("one", "two")
    for path in (render.plan, *render.plan.rglob("*"), *(render.cache / "render").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_part_whose_inputs_did_not_change_is_not_built_again(render: Render) -> None:
    render.run("one", "two")
    before = render.names()
    # What is never changed is not looked at again.
    (render.manifests / "one/all.yaml").unlink()
    ran = render.run("one", {"name": "two", "paths": ["two"], "namespace": "other"})
    assert [part["cached"] for part in ran["parts"]] == [True, False]
    assert render.names() == before
    assert [part["cached"] for part in render.run("one", check=True)["parts"]] == [True]


def test_manifests_of_a_users_own_are_always_built(render: Render, tmp_path: Path) -> None:
    """A checkout that somebody edits: yesterday's rendering would be applied otherwise."""
    own = tmp_path / "checkout" / "manifests"
    render.add("one", {"kind": "ConfigMap", "name": "before"}, into=own)
    render.run("one", manifests=str(own))
    assert render.names() == {"one": ["before"]}
    render.add("one", {"kind": "ConfigMap", "name": "after"}, into=own)
    ran = render.run("one", manifests=str(own))
    assert ran["parts"][0]["cached"] is False
    assert render.names() == {"one": ["after"]}


def test_a_damaged_cache_is_built_anew_and_an_old_one_forgotten(render: Render) -> None:
    render.run("one", "two")
    (damaged,) = [path for path in (render.cache / "render").glob("*.json") if '"one"' in path.read_text()]
    damaged.write_text("[")
    assert [part["cached"] for part in render.run("one", "two")["parts"]] == [False, True]
    unused = render.cache / "render" / "unused.json"
    unused.write_text("[]")
    os.utime(unused, (0, time.time() - 40 * 24 * 3600))
    render.run("one")
    assert not unused.exists()


def test_other_parts_leave_the_plan_and_nothing_else_does(render: Render) -> None:
    render.run("one", "two")
    (render.plan / "mine").mkdir()
    (render.plan / "mine/kustomization.yaml").write_text("resources: []\n")
    (render.plan / "notes.txt").write_text("mine\n")
    render.run("one")
    assert sorted(path.name for path in render.plan.iterdir()) == [".plans", "mine", "notes.txt", "one", "plan.json"]


def names_of(plan: Path, digest: str = "") -> dict[str, list[str]]:
    return {part.name: [item["metadata"]["name"] for item in part.objects] for part in load_plan(plan, digest=digest).parts}


def test_a_run_keeps_its_plan_while_another_renders(render: Render) -> None:
    first = render.run("one", "two")
    second = render.run("one", labels={"team": "ml"}, check=True)
    assert json.loads((render.plan / "plan.json").read_text()) == {
        "release": "test",
        "parts": ["one"],
        "provided": [],
        "digest": second["digest"],
    }
    assert names_of(render.plan, first["digest"]) == {"one": ["one"], "two": ["two", "two"]}
    assert names_of(render.plan, second["digest"]) == names_of(render.plan) == {"one": ["one"]}
    # Also when the other one fails.
    assert render.run("one", {"name": "three", "paths": ["nowhere"]}).failed
    with pytest.raises(PlanError):
        load_plan(render.plan)
    assert names_of(render.plan, first["digest"]) == {"one": ["one"], "two": ["two", "two"]}


def test_runs_that_render_at_the_same_time_each_get_their_own(render: Render) -> None:
    """With settings, so that each has files of its own in the folders of the parts, and nothing comes from the cache."""
    own = str(render.manifests.rename(render.cache / "own"))
    read: list[dict[str, list[str]]] = []

    def run(number: int) -> tuple[int, str]:
        parts = ("one", "two") if number % 2 else ("two",)
        ran = render.run(*parts, labels={"run": f"n{number}"}, manifests=own)
        assert not ran.failed, ran.stdout
        with contextlib.suppress(PlanError):
            # Somebody else's, but a whole one.
            read.append(names_of(render.plan))
        return number, str(ran["digest"])

    with ThreadPoolExecutor(4) as pool:
        digests = dict(pool.map(run, range(8)))
    assert len(set(digests.values())) == 8
    for number, digest in digests.items():
        plan = load_plan(render.plan, digest=digest)
        assert [part.name for part in plan.parts] == (["one", "two"] if number % 2 else ["two"])
        labels = {item["metadata"]["labels"]["run"] for part in plan.parts for item in part.objects}
        assert labels == {f"n{number}"}
    whole = ({"one": ["one"], "two": ["two", "two"]}, {"two": ["two", "two"]})
    assert [found for found in read if found not in whole] == []


def test_every_part_that_fails_is_named_with_kustomizes_words(render: Render) -> None:
    (render.manifests / "one/kustomization.yaml").write_text("resources: [missing.yaml]\n")
    render.run("two")
    ran = render.run("one", "two", {"name": "three", "paths": ["nowhere"]})
    assert ran.failed
    assert "the cluster was not touched" in ran["msg"]
    lines = ran["msg"].splitlines()
    assert any(line.startswith("part one: ") and "missing.yaml" in line for line in lines)
    assert any(line.startswith("part three: ") and "nowhere" in line for line in lines)
    assert "part two" not in ran["msg"]
    # Half a plan is none.
    assert not (render.plan / "plan.json").exists()


def test_an_object_in_two_parts_is_refused(render: Render) -> None:
    ran = render.run("one", {"name": "again", "paths": ["one"]})
    assert ran.failed
    assert "ConfigMap one is in two places of the plan: part one and part again" in ran["msg"]
    assert not (render.plan / "plan.json").exists()


@pytest.mark.parametrize("name", ["../outside", "", "a/b", ".", "a b"])
def test_a_name_that_is_no_folder_is_refused(render: Render, name: str) -> None:
    ran = render.run({"name": name, "paths": ["one"]})
    assert ran.failed
    assert f"part '{name}'" in ran["msg"]
    assert not (render.plan.parent / "outside").exists()


def test_a_part_given_twice_is_refused(render: Render) -> None:
    assert "part 'one': is given twice" in render.run("one", "one")["msg"]


def test_what_is_no_kubernetes_object_is_named(render: Render) -> None:
    """kustomize passes an object without a name of its own."""
    (render.manifests / "one/all.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x}\n")
    ran = render.run("one")
    assert ran.failed
    assert "ConfigMap" in ran["msg"] or "missing" in ran["msg"]


def test_a_kustomize_that_hangs_or_is_none(render: Render, tmp_path: Path) -> None:
    slow = tmp_path / "kustomize"
    slow.write_text('#!/bin/sh\n[ "$1" = version ] && { echo v1; exit; }\nexec sleep 60\n')
    slow.chmod(0o700)
    ran = render.run("one", kustomize=str(slow), timeout=1)
    assert "part one: gave no result within 1 seconds" in ran["msg"]
    assert "/nonexistent/kustomize cannot be run: No such file" in render.run("one", kustomize="/nonexistent/kustomize")["msg"]
    assert render.run("one", kustomize="/bin/false")["msg"].startswith("/bin/false version failed")


SCALARS = """\
apiVersion: example.com/v1
kind: Scalars
metadata: {name: scalars}
spec:
  - 2020-01-01
  - 2020-01-01T10:00:00Z
  - 12:30
  - 12:30:45
  - 1e3
  - 1E-3
  - 1.5
  - 1.
  - .5
  - 0x1F
  - 0b11
  - 0777
  - 08
  - +12
  - -5
  - "12"
  - '0x1F'
  - yes
  - No
  - on
  - OFF
  - y
  - n
  - true
  - ~
  - null
  - ""
  - =
  - v1.2.3
  - 1.2.3
  - 0.0.0.0/0
  - 1000m
  - 10Gi
  - 123456789012345678
"""


def test_scalars_are_read_as_kubectl_reads_them(binary: Callable[[str, str], str], tmp_path: Path) -> None:
    """Against kubectl itself, which says in JSON what it read."""
    (tmp_path / "scalars.yaml").write_text(SCALARS)
    kubectl = binary("kubectl", RELEASE["kubernetes"]["tested"])
    command = [kubectl, "patch", "--local", "--type=merge", "--patch={}", "--output=json", f"--filename={tmp_path}/scalars.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (ours,) = load_manifests(SCALARS)
    theirs = json.loads(done.stdout)["spec"]
    written = [line.strip("- ") for line in SCALARS.partition("spec:\n")[2].splitlines()]
    assert dict(zip(written, map(repr, json.loads(json.dumps(ours["spec"]))), strict=True)) == dict(
        zip(written, map(repr, theirs), strict=True)
    )
