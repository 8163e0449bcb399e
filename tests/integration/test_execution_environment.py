# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The execution environment, as far as ansible-builder goes without a container engine; and the mirror that is put into it."""

from __future__ import annotations

import functools
import hashlib
import http.server
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from conftest import RELEASES, ROOT

EE = ROOT / "execution-environment"


def builder(*arguments: str, folder: Path) -> str:
    command = [str(Path(sys.executable).with_name("ansible-builder")), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built collection, where ansible-builder looks for it."""
    folder = tmp_path_factory.mktemp("installed")
    galaxy = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection"]
    subprocess.run([*galaxy, "build", "--output-path", str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=300)
    (tarball,) = folder.glob("*.tar.gz")
    # Not the checkout's configuration: the checkout would count as installed already.
    (folder / "ansible.cfg").write_text(f"[defaults]\ncollections_path = {folder}\n")
    own = {**os.environ, "ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    install = [*galaxy, "install", "--offline", str(tarball), "--collections-path", str(folder)]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=300, env=own)
    return folder


def test_introspect_finds_ranges_and_git_and_not_what_the_embedded_cluster_alone_needs(installed: Path) -> None:
    found = yaml.safe_load(builder("introspect", str(installed), folder=installed))
    python = found["python"]
    assert any(line.startswith("kubernetes>=") and "!=34" in line and "!=35" in line for line in python)
    assert any(line.startswith("jmespath>=") for line in python)
    assert not any("==" in line.split("#")[0].replace("!=", "") or line.startswith("cryptography") for line in python)
    assert any(line.startswith("git ") for line in found["system"])


def test_what_is_needed_is_in_the_ranges_as_it_is_pinned() -> None:
    from packaging.requirements import Requirement

    pins = [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    ranges = {
        Requirement(line).name: Requirement(line) for line in (ROOT / "meta/ee-requirements.txt").read_text().splitlines() if line[0] != "#"
    }
    for pin in pins:
        (version,) = [specifier.version for specifier in pin.specifier]
        assert pin.name not in ranges or ranges[pin.name].specifier.contains(version), pin
    assert {pin.name for pin in pins} - set(ranges) == {"ansible-core", "cryptography", "distlib"}


def test_create_makes_a_context_with_the_mirror_in_it(tmp_path: Path) -> None:
    for source in (EE, ROOT / "meta"):
        (tmp_path / source.name).mkdir()
        for path in source.iterdir():
            if path.is_file():
                (tmp_path / source.name / path.name).write_bytes(path.read_bytes())
    folder = tmp_path / EE.name
    (folder / "mirror/github.com").mkdir(parents=True)
    (folder / "mirror/github.com/x.bundle").write_text("x")
    builder("create", "--output-filename", "Dockerfile", folder=folder)
    containerfile = (folder / "context/Dockerfile").read_text()
    assert "ENV KUBEFLOW_MIRROR=/usr/share/mlplatform.kubeflow/mirror" in containerfile
    assert (folder / "context/_build/mirror/github.com/x.bundle").read_text() == "x"
    assert "kubernetes>=" in (folder / "context/_build/requirements.txt").read_text()
    assert "git [platform:rpm]" in (folder / "context/_build/bindep.txt").read_text()


@pytest.fixture
def fill_mirror() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fill_mirror", EE / "fill_mirror.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("release", RELEASES)
def test_the_mirror_is_filled_with_all_that_a_release_names(fill_mirror: ModuleType, release: str) -> None:
    wanted, facts = fill_mirror.wanted(release), RELEASES[release]
    assert {entry["url"] for entry in wanted["repositories"]} == {entry["url"] for entry in facts["sources"]["repositories"]}
    assert {entry["url"] for entry in facts["sources"]["files"]} <= set(wanted["files"])
    programs = [url for url, sha256 in wanted["files"].items() if "kustomize" in url and sha256]
    assert programs and all(facts["kustomize"] in url for url in programs)
    assert any(url.endswith("checksums.txt") for url in wanted["files"])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", folder
        server.shutdown()


def test_a_download_that_is_not_what_is_pinned_is_not_kept(fill_mirror: ModuleType, site: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = site
    (folder / "tool").write_text("right")
    with pytest.raises(fill_mirror.MirrorError, match="another file than the one that is pinned"):
        fill_mirror.download(tmp_path / "mirror", f"{url}/tool", hashlib.sha256(b"wrong").hexdigest())
    assert not (tmp_path / "mirror").exists()
    fill_mirror.download(tmp_path / "mirror", f"{url}/tool", hashlib.sha256(b"right").hexdigest())
    assert fill_mirror.place(tmp_path / "mirror", f"{url}/tool").read_text() == "right"


def test_a_bundle_holds_the_refs_of_all_releases(fill_mirror: ModuleType, tmp_path: Path) -> None:
    upstream = tmp_path / "upstream"
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com", "-C", str(upstream)]
    subprocess.run(["git", "init", "--quiet", str(upstream)], check=True)
    for tag in ("v1", "v2"):
        (upstream / "file").write_text(tag)
        for arguments in (["add", "file"], ["commit", "--quiet", "-m", tag], ["tag", tag]):
            subprocess.run([*git, *arguments], check=True)
    for tag in ("v1", "v2", "v2"):
        fill_mirror.bundle(tmp_path / "mirror", {"url": f"file://{upstream}", "ref": tag})
    made = fill_mirror.place(tmp_path / "mirror", f"file://{upstream}.bundle")
    for tag in ("v1", "v2"):
        copy = tmp_path / tag
        subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
        subprocess.run(["git", "-C", str(copy), "fetch", "--quiet", "--depth", "1", str(made), tag], check=True)
        subprocess.run(["git", "-C", str(copy), "checkout", "--quiet", "FETCH_HEAD"], check=True)
        assert (copy / "file").read_text() == tag
