# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module source, with mirrors of its own that hold small repositories, and with the real one."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import RELEASES, Ran, run_module

Thing = dict[str, Any]
HOST = "git.example.com"
FILE = f"https://{HOST}/files/extra.yaml"
KUSTOMIZATION = f"""\
resources:
- local.yaml
- https://{HOST}/other/base//deploy/manifests?ref=v2
- "https://{HOST}/other/base.git/plain?ref=v2"  # quoted
- {FILE}
- https://{HOST}/stays/remote?ref=main
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def bundled(mirror: Path, path: str, ref: str, files: dict[str, str], scratch: Path) -> str:
    """A repository in a mirror; returns its commit."""
    work = scratch / path.replace("/", "-")
    for name, content in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(content)
    git(work, "init", "--quiet")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "all")
    git(work, "tag", ref)
    target = mirror / HOST / path
    target.parent.mkdir(parents=True, exist_ok=True)
    git(work, "bundle", "create", "--quiet", f"{target}.bundle", "--all")
    commit = git(work, "rev-parse", "HEAD")
    Path(f"{target}.commits.yml").write_text(yaml.safe_dump({ref: {"commit": commit, "upstream": "0" * 40}}))
    return commit


class Source:
    """A mirror, and the module run on it with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.mirror, self.cache = folder / "mirror", folder / "cache"
        self.commit = bundled(
            self.mirror, "own/manifests", "v1", {"app/kustomization.yaml": KUSTOMIZATION, "app/local.yaml": "a: b\n"}, folder
        )
        bundled(self.mirror, "other/base", "v2", {"deploy/manifests/x.yaml": "x: 1\n", "plain/y.yaml": "y: 1\n"}, folder)
        (self.mirror / HOST / "files").mkdir()
        (self.mirror / HOST / "files/extra.yaml").write_text("extra: true\n")
        self.repositories: list[Thing] = [
            {"name": "manifests", "url": f"https://{HOST}/own/manifests", "ref": "v1", "commit": "0" * 40},
            {"name": "base", "url": f"https://{HOST}/other/base", "ref": "v2"},
        ]

    def run(self, mirror: str = "", env: dict[str, str] | None = None, **arguments: Any) -> Ran:
        given = {"repositories": self.repositories, "files": [{"url": FILE, "sha256": "0" * 64}], **arguments}
        return run_module("source", {"mirror": mirror or str(self.mirror), "cache": str(self.cache), **given}, env=env)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """A folder over HTTP."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def check_folder(path: Path) -> None:
    """Everything side by side, remote bases redirected, what is not of the release left alone."""
    assert {entry.name for entry in path.iterdir()} == {"manifests", "base"}
    resources = yaml.safe_load((path / "manifests/app/kustomization.yaml").read_text())["resources"]
    assert resources[:3] == ["local.yaml", "../../base/deploy/manifests", "../../base/plain"]
    assert (path / "manifests/app" / resources[3]).read_text() == "extra: true\n"
    assert resources[4] == f"https://{HOST}/stays/remote?ref=main"
    assert (path / "manifests/app" / resources[1] / "x.yaml").exists()
    assert not list(path.rglob(".git"))


def test_a_mirror_that_is_a_folder_and_a_second_run_without_it(source: Source) -> None:
    ran = source.run()
    assert not ran.failed, ran.stdout
    assert ran["fetched"] is True
    assert ran["changed"] is False
    check_folder(Path(ran["path"]))
    # Only what tells the commits is read again.
    (source.mirror / HOST / "own/manifests.bundle").unlink()
    again = source.run()
    assert (again["fetched"], again["path"]) == (False, ran["path"])


def test_a_mirror_that_is_a_url_and_a_second_run_offline(source: Source) -> None:
    with serve(source.mirror) as url:
        ran = source.run(url)
        assert not ran.failed, ran.stdout
        check_folder(Path(ran["path"]))
    again = source.run(url)
    assert (again["fetched"], again["path"]) == (False, ran["path"])


def test_a_relative_mirror_and_a_home_of_ones_own(source: Source, tmp_path: Path) -> None:
    relative = os.path.relpath(source.mirror)
    assert not source.run(relative).failed
    ran = source.run("~/mirror", env={"HOME": str(tmp_path)}, cache=str(tmp_path / "other"))
    assert not ran.failed, ran.stdout


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("own/manifests.bundle", f"lacks https://{HOST}/own/manifests"),
        ("files/extra.yaml", f"lacks {FILE}"),
    ],
)
@pytest.mark.parametrize("by_url", [False, True])
def test_what_a_mirror_lacks_is_named(source: Source, missing: str, words: str, by_url: bool) -> None:
    (source.mirror / HOST / missing).unlink()
    with serve(source.mirror) as url:
        mirror = url if by_url else str(source.mirror)
        ran = source.run(mirror)
    assert ran.failed
    assert f"The mirror {mirror} {words}" in ran["msg"]
    # Nothing that looks finished is left.
    assert [entry.name for entry in (source.cache / "source").iterdir() if not entry.name.endswith(".lock")] == []


def test_a_mirror_that_is_not_there(source: Source) -> None:
    assert "The mirror /nonexistent lacks https://git.example.com/own/manifests" in source.run("/nonexistent")["msg"]
    ran = source.run("http://127.0.0.1:9")
    assert "http://127.0.0.1:9" in ran["msg"] and "could not be read" in ran["msg"]


def test_another_commit_than_the_mirror_tells_is_refused(source: Source) -> None:
    told = source.mirror / HOST / "own/manifests.commits.yml"
    told.write_text(yaml.safe_dump({"v1": {"commit": "1" * 40}}))
    ran = source.run()
    assert ran.failed
    assert f"should be commit {'1' * 40}" in ran["msg"]
    assert source.commit in ran["msg"]


@pytest.mark.parametrize("told", ["v1: abc\n", "- a\n", "{", "", "v1: {}\n", "other: {commit: abc}\n"])
def test_strange_tellings_of_commits_give_no_traceback(source: Source, told: str) -> None:
    """Without a word about the ref the release's own commit counts, which is another here."""
    (source.mirror / HOST / "own/manifests.commits.yml").write_text(told)
    ran = source.run()
    assert ran.failed
    assert f"should be commit {'0' * 40}" in ran["msg"] or "could not be read" in ran["msg"]


def test_a_ref_that_the_mirror_lacks(source: Source) -> None:
    source.repositories[1]["ref"] = "v3"
    ran = source.run()
    assert ran.failed
    assert "git fetch of v3 from" in ran["msg"]
    assert "Check that the mirror's bundle holds that ref" in ran["msg"]


def test_the_callers_own_git_repository_is_left_alone(source: Source, tmp_path: Path) -> None:
    """A git hook has GIT_DIR and GIT_INDEX_FILE set: git would obey them rather than the folder it is given."""
    mine = tmp_path / "mine"
    mine.mkdir()
    git(mine, "init", "--quiet")
    (mine / "file").write_text("mine\n")
    git(mine, "add", ".")
    git(mine, "commit", "--quiet", "-m", "mine")
    before = git(mine, "log", "--all", "--format=%H"), git(mine, "status", "--porcelain")
    ran = source.run(env={"GIT_DIR": str(mine / ".git"), "GIT_INDEX_FILE": str(mine / ".git/index"), "GIT_WORK_TREE": str(mine)})
    assert not ran.failed, ran.stdout
    check_folder(Path(ran["path"]))
    assert (git(mine, "log", "--all", "--format=%H"), git(mine, "status", "--porcelain")) == before
    assert not (mine / ".git/FETCH_HEAD").exists()


def test_two_runs_at_once_fetch_once(source: Source) -> None:
    answers: list[Ran] = []
    running = [threading.Thread(target=lambda: answers.append(source.run())) for _ in range(2)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert sorted(answer["fetched"] for answer in answers) == [False, True]
    assert answers[0]["path"] == answers[1]["path"]


def test_the_password_of_a_mirror_is_not_shown(source: Source) -> None:
    ran = source.run("http://user:swordfish@127.0.0.1:9")
    assert ran.failed
    assert "swordfish" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_is_there_and_builds_offline(release: str, mirror: str) -> None:
    """Into the user's cache, where the install finds it too. No kustomization of the release's parts has a remote base left."""
    release_file = RELEASES[release]
    ran = run_module("source", {**release_file["sources"], "mirror": mirror})
    assert not ran.failed, ran.stdout
    for part in release_file["parts"].values():
        for path in part["paths"]:
            assert (Path(ran["path"]) / "manifests" / path).is_dir()
