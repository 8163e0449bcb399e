# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module as Ansible runs it, against a release page on the loopback interface, a tiny proxy, and the real Go."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from waiting import sooner_than

ROOT = Path(__file__).parents[2]
MODULE = "ansible_collections.mlplatform.kubeflow.plugins.modules.binary"
DEADLINE = 20.0


def script(version: str) -> bytes:
    return f"#!/bin/sh\necho tool version v{version}\n".encode()


TOOL = script("1.2.3")
PROCESSOR = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
PATH_OF_TOOL = "/releases/v1.2.3/tool"


def until(condition: Callable[[], Any], what: str) -> None:
    """Poll with back-off until the condition holds."""
    end, pause = time.monotonic() + DEADLINE, 0.01
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {DEADLINE} s: {what}")
        threading.Event().wait(pause)
        pause = min(pause * 1.5, 0.2)


@dataclass
class Page:
    """What a server has, what it was asked, and how it misbehaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)
    """Path: how many more times the connection breaks in the middle of it."""
    slow: set[str] = field(default_factory=set)
    """Paths whose second half comes byte by byte."""
    held_back: threading.Event = field(default_factory=threading.Event)
    """Ends that slowness."""
    statuses: dict[str, list[int]] = field(default_factory=dict)
    """Path: what to answer first, before the file."""
    held: threading.Event | None = None
    """While it is not set, files stop in the middle."""
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set when a file has stopped in the middle."""
    url: str = ""

    def publish(self, content: bytes, digest: str | None = None, path: str = PATH_OF_TOOL) -> None:
        self.files[path] = content
        self.files[f"{path}.sha256"] = f"{digest or hashlib.sha256(content).hexdigest()}\n".encode()


class Handler(http.server.BaseHTTPRequestHandler):
    page: Page

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        page, path = self.page, self.path
        page.asked.append(path)
        page.headers.append(dict(self.headers.items()))
        if statuses := page.statuses.get(path):
            self.send_error(statuses.pop(0))
            return
        # A proxy is asked for whole URLs.
        content = page.files.get(path.split("://release.test", 1)[-1])
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        if page.held and not path.endswith(".sha256"):
            page.stopped.set()
            page.held.wait(DEADLINE)
        if path in page.slow:
            for byte in content[half:]:
                with contextlib.suppress(OSError):
                    self.wfile.write(bytes([byte]))
                page.held_back.wait(0.1)
            return
        if page.cut.get(path, 0) > 0:
            page.cut[path] -= 1
            return
        with contextlib.suppress(OSError):
            self.wfile.write(content[half:])

    def do_CONNECT(self) -> None:
        self.page.asked.append(f"CONNECT {self.path}")
        self.send_error(403, "Not for you")


@contextlib.contextmanager
def served(page: Page) -> Iterator[Page]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("PageHandler", (Handler,), {"page": page}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    page.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield page
    finally:
        page.held_back.set()
        if page.held:
            page.held.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    with served(Page()) as served_page:
        yield served_page


@dataclass
class Lab:
    """Runs the module with a cache and a PATH of its own."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def cached(self) -> Path:
        [path] = (self.cache / "binary" / "tool").glob("1.2.3-*/tool")
        return path

    def kept(self) -> list[str]:
        """Everything in the cache but the locks."""
        return sorted(str(path.relative_to(self.cache)) for path in self.cache.rglob("*") if path.is_file() and path.suffix != ".lock")

    def arguments(self, page: Page | None = None, **changes: Any) -> dict[str, Any]:
        url = page.url if page else "http://release.test"
        recipe: dict[str, Any] = {
            "name": "tool",
            "version_command": ["--version"],
            "version_pattern": r"version v(\S+)",
            "download": {
                "url": f"{url}/releases/v{{version}}/tool",
                "checksum_url": f"{url}/releases/v{{version}}/tool.sha256",
                "checksum_form": "single",
            },
        }
        recipe.update(changes.pop("recipe", {}))
        return {
            "wanted": [{"name": "tool", "version": "1.2.3"}],
            "recipes": [recipe],
            "cache": str(self.cache),
            "sources": ["path", "mirror", "download"],
            "silence_timeout": DEADLINE,
            **changes,
        }

    def start(self, arguments: dict[str, Any]) -> subprocess.Popen[str]:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=ROOT / ".collections",
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdin
        process.stdin.write(text)
        process.stdin.close()
        process.stdin = None
        return process

    def finish(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        stdout, stderr = process.communicate(timeout=DEADLINE)
        assert not stderr, stderr
        result: dict[str, Any] = json.loads(stdout)
        return result

    def run(self, page: Page | None = None, **changes: Any) -> dict[str, Any]:
        return self.finish(self.start(self.arguments(page, **changes)))

    def fails(self, page: Page | None = None, **changes: Any) -> str:
        result = self.run(page, **changes)
        assert result.get("failed"), result
        return str(result["msg"])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path, {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")})
    lab.bin.mkdir()
    lab.environment["PATH"] = f"{lab.bin}:/usr/bin:/bin"
    yield lab
    for process in lab.processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)


# -- PATH and cache ---------------------------------------------------------------------------------------------------


def test_the_right_version_in_path_is_accepted(lab: Lab) -> None:
    put(lab.bin / "tool", TOOL)
    result = lab.run()
    assert result["paths"] == {"tool": str(lab.bin / "tool")}
    assert not result["changed"] and result["binaries"][0]["source"] == "path"
    assert not lab.cache.exists()


def test_a_later_folder_of_path_counts_too(lab: Lab) -> None:
    put(lab.bin / "tool", script("1.2.2"))
    (lab.folder / "more").mkdir()
    put(lab.folder / "more" / "tool", TOOL)
    lab.environment["PATH"] += f":{lab.folder}/more"
    assert lab.run()["paths"] == {"tool": f"{lab.folder}/more/tool"}


def test_another_version_in_path_is_left_alone(lab: Lab, page: Page) -> None:
    put(lab.bin / "tool", script("1.2.30"))
    page.publish(TOOL)
    result = lab.run(page)
    assert result["changed"] and result["paths"] == {"tool": str(lab.cached)}
    assert subprocess.check_output([lab.cached]) == b"tool version v1.2.3\n"
    assert (lab.bin / "tool").read_bytes() == script("1.2.30")


def test_the_second_run_needs_no_network(lab: Lab) -> None:
    with served(Page()) as page:
        page.publish(TOOL)
        first = lab.run(page)
    second = lab.run(page)
    assert first["changed"] and not second["changed"]
    assert second["paths"] == first["paths"] and second["binaries"][0]["source"] == "cache"
    assert second["binaries"][0]["origin"] == f"{page.url}{PATH_OF_TOOL}"


def test_check_mode_fills_the_cache_and_reports_no_change(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    result = lab.run(page, _ansible_check_mode=True)
    assert not result["changed"] and result["diff"]["before"] == result["diff"]["after"]
    assert Path(result["paths"]["tool"]).is_file()


def test_the_difference_is_shown(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    diff = lab.run(page)["diff"]
    assert diff == {"before": "", "after": f"tool 1.2.3: {lab.cached} ({page.url}{PATH_OF_TOOL}, checksum published)\n"}


# -- the release page -------------------------------------------------------------------------------------------------


def test_a_wrong_checksum_is_final(lab: Lab, page: Page) -> None:
    page.publish(TOOL, digest="0" * 64)
    message = lab.fails(page, sources=["download", "build"])
    assert f"has the SHA-256 checksum {hashlib.sha256(TOOL).hexdigest()}, but {'0' * 64} was expected" in message
    assert "nothing else was tried in its place" in message and "Tried:" not in message
    assert lab.kept() == []


def pin(digest: str) -> dict[str, Any]:
    return {"tool": {"1.2.3": {f"linux/{PROCESSOR}": digest, "darwin/arm64": "1" * 64}, "1.2.2": {f"linux/{PROCESSOR}": "2" * 64}}}


def test_a_pinned_checksum_decides_and_the_cache_remembers_it(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    digest = hashlib.sha256(TOOL).hexdigest()
    results = [lab.run(page, checksums=pin(digest)) for _ in range(2)]
    assert [result["binaries"][0]["source"] for result in results] == ["download", "cache"]
    assert [result["binaries"][0]["checksum"] for result in results] == ["pinned", "pinned"]
    assert page.asked == [f"{PATH_OF_TOOL}.sha256", PATH_OF_TOOL]


def test_a_pinned_checksum_needs_no_published_one(lab: Lab, page: Page) -> None:
    page.files[PATH_OF_TOOL] = TOOL
    assert lab.run(page, checksums=pin(hashlib.sha256(TOOL).hexdigest()))["binaries"][0]["checksum"] == "pinned"


def test_a_published_checksum_that_differs_from_the_pinned_one_is_final(lab: Lab, page: Page) -> None:
    """A release page, or what stands in its place, that has been given another file and the checksum of that."""
    page.publish(TOOL)
    message = lab.fails(page, checksums=pin("3" * 64), sources=["download", "build"])
    published = hashlib.sha256(TOOL).hexdigest()
    assert (
        f"tool 1.2.3: {page.url}{PATH_OF_TOOL}.sha256 tells the SHA-256 checksum {published} for tool, but {'3' * 64} is pinned" in message
    )
    assert "find out before going on" in message and "Tried:" not in message
    assert page.asked == [f"{PATH_OF_TOOL}.sha256"]
    assert lab.kept() == []


def test_a_download_that_differs_from_the_pinned_checksum_is_final(lab: Lab, page: Page) -> None:
    page.publish(TOOL, digest="3" * 64)
    message = lab.fails(page, checksums=pin("3" * 64), sources=["download", "build"])
    assert f"{PATH_OF_TOOL} has the SHA-256 checksum {hashlib.sha256(TOOL).hexdigest()}, but {'3' * 64} was expected" in message
    assert f"That checksum is pinned; {page.url}{PATH_OF_TOOL}.sha256 tells the same." in message
    assert lab.kept() == []


@pytest.mark.parametrize("pins", [pin("latest"), {"tool": "3" * 64}])
def test_a_pin_that_is_none_is_refused_before_anything_is_asked(lab: Lab, page: Page, pins: dict[str, Any]) -> None:
    page.publish(TOOL)
    assert "checksum" in lab.fails(page, checksums=pins)
    assert page.asked == []


def test_a_connection_that_breaks_always(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.cut[PATH_OF_TOOL] = 99
    message = lab.fails(page)
    assert f"the connection broke after {len(TOOL) // 2} of {len(TOOL)} bytes (3 tries)" in message
    assert lab.kept() == []


def test_a_connection_that_breaks_once(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.cut[PATH_OF_TOOL] = 1
    assert Path(lab.run(page)["paths"]["tool"]).read_bytes() == TOOL
    assert page.asked.count(PATH_OF_TOOL) == 2


def test_a_server_that_is_busy_once(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.statuses[PATH_OF_TOOL] = [503]
    assert lab.run(page)["changed"]


def test_a_file_that_is_not_there(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    del page.files[PATH_OF_TOOL]
    message = lab.fails(page)
    assert f"download: GET {page.url}{PATH_OF_TOOL}: the server answered 404 Not Found" in message
    assert "PATH: no tool in it" in message and "mirror: none is set" in message and "What to do" in message
    assert lab.kept() == []


def test_a_server_that_says_no(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.statuses[PATH_OF_TOOL] = [403]
    assert "the server answered 403 Forbidden" in lab.fails(page)


def test_a_server_that_is_down(lab: Lab) -> None:
    with served(Page()) as page:
        pass
    with sooner_than(5):
        message = lab.fails(page)
    assert "not reached" in message and "Connection refused" in message


def test_a_server_that_says_nothing(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.held = threading.Event()
    with sooner_than(25):
        assert "timed out" in lab.fails(page, silence_timeout=0.3)


def test_a_server_that_never_ends(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.slow.add(PATH_OF_TOOL)
    assert "not finished in time, only " in lab.fails(page, download_timeout=0.3)
    assert lab.kept() == []


def test_a_host_that_swallows_everything(lab: Lab) -> None:
    # A queue that is full: what comes after gets no answer at all, as behind many firewalls.
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            visitor = stack.enter_context(socket.socket())
            visitor.setblocking(False)
            visitor.connect_ex(listener.getsockname())
        page = Page(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        # By default it is 5 seconds.
        with sooner_than(5):
            assert "not reached: timed out" in lab.fails(page, connect_timeout=0.3)


def test_a_binary_of_another_version_is_refused(lab: Lab, page: Page) -> None:
    page.publish(script("1.2.4"))
    assert "should be tool 1.2.3, but it is version 1.2.4. It was not kept." in lab.fails(page, sources=["download", "build"])
    assert lab.kept() == []


def test_a_binary_that_does_not_run_is_refused(lab: Lab, page: Page) -> None:
    page.publish(b"\x7fELF nothing of this processor")
    assert "should be tool 1.2.3, but it could not be run: Exec format error" in lab.fails(page)
    assert lab.kept() == []


def archive(kind: str, member: str) -> bytes:
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w") as zipped:
            zipped.writestr(member, TOOL)
    else:
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            for name, content in (("README", b"hello"), (member, TOOL)):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def packed(page: Page, content: bytes, member: str) -> dict[str, Any]:
    page.files["/tool.archive"] = content
    page.files["/SHA256SUMS"] = f"{'0' * 64}  other\n{hashlib.sha256(content).hexdigest()}  tool.archive\n".encode()
    return {
        "download": {
            "url": f"{page.url}/tool.archive",
            "checksum_url": f"{page.url}/SHA256SUMS",
            "checksum_form": "list",
            "member": member,
        }
    }


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_one_file_is_taken_out_of_an_archive(kind: str, lab: Lab, page: Page) -> None:
    recipe = packed(page, archive(kind, "tool-1.2.3/tool"), "tool-{version}/tool")
    assert Path(lab.run(page, recipe=recipe)["paths"]["tool"]).read_bytes() == TOOL
    assert sorted(path.name for path in lab.cached.parent.iterdir()) == ["origin.json", "tool"]


def test_an_archive_without_the_file(lab: Lab, page: Page) -> None:
    message = lab.fails(page, recipe=packed(page, archive("tar.gz", "else/tool"), "tool"))
    assert "is no archive with the file tool in it" in message
    assert lab.kept() == []


# -- mirrors and proxies ----------------------------------------------------------------------------------------------


def test_a_mirror_that_is_a_folder(lab: Lab) -> None:
    folder = lab.folder / "mirror" / "release.test" / "releases" / "v1.2.3"
    folder.mkdir(parents=True)
    (folder / "tool").write_bytes(TOOL)
    (folder / "tool.sha256").write_text(hashlib.sha256(TOOL).hexdigest())
    result = lab.run(mirror=str(lab.folder / "mirror"))
    assert result["binaries"][0] == {
        "name": "tool",
        "version": "1.2.3",
        "path": str(lab.cached),
        "source": "mirror",
        "origin": str(folder / "tool"),
        "checksum": "published",
    }


def test_a_mirror_with_a_wrong_file_is_final(lab: Lab) -> None:
    folder = lab.folder / "mirror" / "release.test" / "releases" / "v1.2.3"
    folder.mkdir(parents=True)
    (folder / "tool").write_bytes(script("1.2.3 "))
    (folder / "tool.sha256").write_text(hashlib.sha256(TOOL).hexdigest())
    assert f"{folder}/tool has the SHA-256 checksum" in lab.fails(mirror=str(lab.folder / "mirror"))


def test_a_mirror_that_is_a_url_with_a_password(lab: Lab, page: Page) -> None:
    page.publish(TOOL, path=f"/m/release.test{PATH_OF_TOOL}")
    process = lab.start(lab.arguments(mirror=page.url.replace("//", "//user:se%40cret@") + "/m", sources=["mirror"]))
    stdout, _ = process.communicate(timeout=DEADLINE)
    assert json.loads(stdout)["binaries"][0]["source"] == "mirror"
    assert {headers.get("Authorization") for headers in page.headers} == {"Basic dXNlcjpzZUBjcmV0"}
    assert "se%40cret" not in stdout and "se@cret" not in stdout


def test_what_the_mirror_lacks_comes_from_the_page(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    assert lab.run(page, mirror=f"{page.url}/empty")["binaries"][0]["source"] == "download"


def test_the_proxy_is_used(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    lab.environment["http_proxy"] = page.url
    assert lab.run()["changed"]
    # Nobody knows the name release.test: only by the proxy can it have come.
    assert page.asked == [f"http://release.test{PATH_OF_TOOL}.sha256", f"http://release.test{PATH_OF_TOOL}"]


def test_no_proxy_is_honoured(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    lab.environment |= {"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}
    assert lab.run(page)["changed"]


def test_https_goes_through_its_proxy_and_its_answer_is_told(lab: Lab, page: Page) -> None:
    lab.environment["https_proxy"] = page.url
    recipe = {"download": {"url": "https://release.test/t", "checksum_url": "https://release.test/s", "checksum_form": "single"}}
    message = lab.fails(recipe=recipe)
    assert page.asked == ["CONNECT release.test:443"]
    assert f"through the proxy {page.url}" in message and "403 Not for you" in message


# -- two at once, and interrupted -------------------------------------------------------------------------------------


def waits_for_a_lock(process: subprocess.Popen[str]) -> bool:
    return any("->" in line and str(process.pid) in line.split() for line in Path("/proc/locks").read_text().splitlines())


def test_two_at_once_download_once(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.held = threading.Event()
    one = lab.start(lab.arguments(page))
    until(page.stopped.is_set, "the first is in the middle of its download")
    other = lab.start(lab.arguments(page))
    until(lambda: waits_for_a_lock(other), "the second waits for the first")
    page.held.set()
    results = [lab.finish(one), lab.finish(other)]
    assert page.asked.count(PATH_OF_TOOL) == 1
    assert [result["changed"] for result in results] == [True, False]
    assert results[0]["paths"] == results[1]["paths"]


def test_a_killed_download_leaves_nothing_that_looks_finished(lab: Lab, page: Page) -> None:
    page.publish(TOOL)
    page.held = threading.Event()
    process = lab.start(lab.arguments(page))
    until(page.stopped.is_set, "it is in the middle of its download")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=DEADLINE)
    assert list((lab.cache / "binary" / "tool").glob("1.2.3-*/tool")) == []
    assert lab.kept(), "the test means something only when it was in the middle"
    page.held.set()
    assert lab.run(page)["changed"]
    assert lab.cached.read_bytes() == TOOL
    assert lab.kept() == [str(lab.cached.parent.relative_to(lab.cache) / name) for name in ("origin.json", "tool")]


# -- builds -----------------------------------------------------------------------------------------------------------

MAIN = 'package main\n\nimport "fmt"\n\nvar Version = "unknown"\n\nfunc main() { fmt.Println("tool version", Version) }\n'


@pytest.fixture
def go_lab(lab: Lab) -> Lab:
    """With the real Go, which may fetch nothing, and a module of two programs, pinned by a go.mod in a folder of its own."""
    go = shutil.which("go")
    assert go, "these tests need Go"
    lab.environment["PATH"] += f":{Path(go).parent}"
    lab.environment |= {"GOPROXY": "off", "GOTOOLCHAIN": "local"}
    source, pin = lab.folder / "source", lab.folder / "pin"
    for name in ("tool", "helper"):
        (source / "cmd" / name).mkdir(parents=True)
        (source / "cmd" / name / "main.go").write_text(MAIN)
    (source / "go.mod").write_text("module tool.test/tool\n\ngo 1.24\n")
    pin.mkdir()
    packages = "".join(f"tool tool.test/tool/cmd/{name}\n\n" for name in ("tool", "helper"))
    (pin / "go.mod").write_text(f"module pin\n\ngo 1.24\n\n{packages}require tool.test/tool v1.2.3\n\nreplace tool.test/tool => {source}\n")
    (pin / "go.sum").write_text("")
    return lab


def from_source(lab: Lab, *names: str) -> dict[str, Any]:
    recipes = [
        {
            "name": name,
            "version_command": ["--version"],
            "version_pattern": r"version v(\S+)",
            "build": {
                "module": str(lab.folder / "pin"),
                "package": f"tool.test/tool/cmd/{name}",
                "ldflags": ["-s", "-w", "-X", "main.Version=v{version}"],
            },
        }
        for name in names
    ]
    wanted = [{"name": name, "version": "1.2.3"} for name in names]
    return {"wanted": wanted, "recipes": recipes, "sources": ["path", "build"]}


def test_two_programs_are_built_from_their_module(go_lab: Lab) -> None:
    before = {path.name: path.read_text() for path in (go_lab.folder / "pin").iterdir()}
    result = go_lab.run(**from_source(go_lab, "tool", "helper"))
    assert "paths" in result, result
    assert {name: subprocess.check_output([path]) for name, path in result["paths"].items()} == dict.fromkeys(
        ("tool", "helper"), b"tool version v1.2.3\n"
    )
    assert {path.name: path.read_text() for path in (go_lab.folder / "pin").iterdir()} == before
    assert not list(go_lab.cache.rglob("*.unfinished"))
    go_lab.environment["PATH"] = "/nowhere"
    again = go_lab.run(**from_source(go_lab, "tool", "helper"))
    assert not again["changed"] and again["binaries"][0]["origin"] == "Go package tool.test/tool/cmd/tool"


GENERATOR = r"""package main

import (
	"flag"
	"os"
	"path/filepath"
)

func main() {
	flag.Bool("logtostderr", false, "")
	from := flag.String("input-dirs", "", "")
	into := flag.String("output-package", "", "")
	base := flag.String("output-base", "", "")
	name := flag.String("output-file-base", "", "")
	for _, other := range []string{"go-header-file", "report-filename"} {
		flag.String(other, "", "")
	}
	flag.Parse()
	folder := filepath.Join(*base, *into)
	os.MkdirAll(folder, 0o755)
	text := "package generated\n\nconst Told = \"version v1.2.3 from " + *from + "\"\n"
	if os.WriteFile(filepath.Join(folder, *name+".go"), []byte(text), 0o644) != nil {
		os.Exit(1)
	}
}
"""


def test_a_module_that_lacks_a_generated_file(go_lab: Lab) -> None:
    """As Kubernetes before 1.24 does: the file is made by what its go.mod names, and the module itself is left alone."""
    source, pin, generator = go_lab.folder / "source", go_lab.folder / "pin", go_lab.folder / "generator"
    for folder in (source / "generated", source / "api", generator / "cmd" / "openapi-gen"):
        folder.mkdir(parents=True)
    (source / "generated" / "doc.go").write_text("package generated\n")
    (source / "api" / "types.go").write_text("// +k8s:openapi-gen=true\npackage api\n")
    imports = 'import (\n\t"fmt"\n\t_ "tool.test/tool/api"\n\t"tool.test/tool/generated"\n)\n'
    main = f"package main\n\n{imports}\nfunc main() {{ fmt.Println(generated.Told) }}\n"
    (source / "cmd" / "tool" / "main.go").write_text(main)
    (generator / "cmd" / "openapi-gen" / "main.go").write_text(GENERATOR)
    (generator / "go.mod").write_text("module k8s.io/kube-openapi\n\ngo 1.24\n")
    with (pin / "go.mod").open("a") as go_mod:
        go_mod.write("\ntool k8s.io/kube-openapi/cmd/openapi-gen\n\nrequire k8s.io/kube-openapi v1.0.0\n")
        go_mod.write(f"\nreplace k8s.io/kube-openapi => {generator}\n")
    arguments = from_source(go_lab, "tool")
    assert "undefined: generated.Told" in go_lab.fails(**arguments)
    arguments["recipes"][0]["build"] |= {"openapi": "tool.test/tool/generated", "ldflags": []}
    path = go_lab.run(**arguments)["paths"]["tool"]
    assert subprocess.check_output([path]) == b"version v1.2.3 from tool.test/tool/api\n"
    assert [path.name for path in (source / "generated").iterdir()] == ["doc.go"]
    assert not list(go_lab.cache.rglob("*.unfinished"))


def test_a_broken_build_tells_the_compilers_words(go_lab: Lab) -> None:
    main = go_lab.folder / "source" / "cmd" / "tool" / "main.go"
    main.write_text(MAIN.replace("Version)", "Versoin)"))
    message = go_lab.fails(**from_source(go_lab, "tool"))
    assert "undefined: Versoin" in message and "failed with exit code 1" in message
    assert go_lab.kept() == [] and not list(go_lab.cache.rglob("*.unfinished"))


def test_a_build_that_tells_no_version_is_refused(go_lab: Lab) -> None:
    main = go_lab.folder / "source" / "cmd" / "tool" / "main.go"
    main.write_text(MAIN.replace("Version =", "Other ="))
    message = go_lab.fails(**from_source(go_lab, "tool"))
    assert "undefined: Version" in message


def test_a_module_that_cannot_be_fetched(go_lab: Lab) -> None:
    pin = go_lab.folder / "pin"
    (pin / "go.mod").write_text((pin / "go.mod").read_text().split("replace")[0])
    digest = "h1:" + "A" * 43 + "="
    (pin / "go.sum").write_text(f"tool.test/tool v1.2.3 {digest}\ntool.test/tool v1.2.3/go.mod {digest}\n")
    message = go_lab.fails(**from_source(go_lab, "tool"))
    assert "downloading tool.test/tool v1.2.3" in message and "set GOPROXY" in message


def test_a_module_that_is_not_the_pinned_one(go_lab: Lab) -> None:
    proxy = go_lab.folder / "proxy" / "tool.test" / "tool" / "@v"
    proxy.mkdir(parents=True)
    go_mod = (go_lab.folder / "source" / "go.mod").read_bytes()
    (proxy / "v1.2.3.mod").write_bytes(go_mod)
    (proxy / "v1.2.3.info").write_text('{"Version": "v1.2.3"}')
    with zipfile.ZipFile(proxy / "v1.2.3.zip", "w") as zipped:
        zipped.writestr("tool.test/tool@v1.2.3/go.mod", go_mod)
        zipped.writestr("tool.test/tool@v1.2.3/cmd/tool/main.go", MAIN)
    pin = go_lab.folder / "pin"
    (pin / "go.mod").write_text((pin / "go.mod").read_text().split("replace")[0])
    digest = "h1:" + "A" * 43 + "="
    (pin / "go.sum").write_text(f"tool.test/tool v1.2.3 {digest}\ntool.test/tool v1.2.3/go.mod {digest}\n")
    go_lab.environment |= {"GOPROXY": f"file://{go_lab.folder}/proxy", "GOMODCACHE": str(go_lab.folder / "modules"), "GONOSUMDB": "*"}
    message = go_lab.fails(**from_source(go_lab, "tool"))
    assert "checksum mismatch" in message and "not the one that go.sum pins" in message
    assert "Tried:" not in message


def test_a_build_that_takes_too_long(lab: Lab) -> None:
    fake_go(lab, "exec sleep 30")
    assert "was not finished after 1 s" in lab.fails(**from_source(lab, "tool"), build_timeout=1)
    assert lab.kept() == []


def fake_go(lab: Lab, build: str) -> None:
    text = f'#!/bin/sh\nif [ "$1" = env ]; then echo go1.99; echo local; exit; fi\n{build}\n'
    put(lab.bin / "go", text.encode())
    (lab.folder / "pin").mkdir()
    (lab.folder / "pin" / "go.mod").write_text("module pin\n\ngo 1.24\n")
    (lab.folder / "pin" / "go.sum").write_text("")


def test_a_killed_build_leaves_nothing_that_looks_finished(lab: Lab) -> None:
    # It has written its file, and is killed before it says that it is good.
    started = lab.folder / "started"
    output = f'out=$(echo "$@" | sed "s/.* -o //; s/ .*//"); printf \'{TOOL.decode()}\' > $out/tool; '
    fake_go(lab, f"{output} if [ -e {started} ]; then exit 0; fi; echo $$ > {started}.new; mv {started}.new {started}; exec sleep 30")
    process = lab.start(lab.arguments(**from_source(lab, "tool")))
    until(started.exists, "the build runs")
    process.send_signal(signal.SIGKILL)
    os.kill(int(started.read_text()), signal.SIGKILL)
    process.communicate(timeout=DEADLINE)
    assert list((lab.cache / "binary").glob("tool/1.2.3-*")) == []
    assert [path for path in lab.kept() if path.endswith("out/tool")], "the test means something only when the file was written"
    assert lab.run(**from_source(lab, "tool"))["changed"]
    assert lab.kept() == [str(lab.cached.parent.relative_to(lab.cache) / name) for name in ("origin.json", "tool")]


def test_two_at_once_build_once(lab: Lab) -> None:
    release, started = lab.folder / "release", lab.folder / "started"
    output = f'out=$(echo "$@" | sed "s/.* -o //; s/ .*//"); printf \'{TOOL.decode()}\' > $out/tool; '
    fake_go(lab, f"{output} echo x >> {started}; for _ in $(seq 400); do [ ! -e {release} ] || exit 0; sleep 0.05; done; exit 1")
    one = lab.start(lab.arguments(**from_source(lab, "tool")))
    until(started.exists, "the first builds")
    other = lab.start(lab.arguments(**from_source(lab, "tool")))
    until(lambda: waits_for_a_lock(other), "the second waits for the first")
    release.touch()
    assert [lab.finish(one)["changed"], lab.finish(other)["changed"]] == [True, False]
    assert started.read_text() == "x\n"


def test_binaries_that_fail_together_are_told_once(go_lab: Lab) -> None:
    for name in ("tool", "helper"):
        (go_lab.folder / "source" / "cmd" / name / "main.go").write_text("package broken\n")
    message = go_lab.fails(**from_source(go_lab, "tool", "helper"))
    assert message.count("failed with exit code 1") == 1 and message.count("What to do") == 1
    assert "helper 1.2.3 for" in message and "build: together with tool 1.2.3, see there" in message


# -- the role ---------------------------------------------------------------------------------------------------------

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: First
      ansible.builtin.include_role:
        name: mlplatform.kubeflow.binary
      vars:
        binary_wanted:
          - name: kustomize
            version: {kustomize}
    - name: Second
      ansible.builtin.include_role:
        name: mlplatform.kubeflow.binary
      vars:
        binary_wanted:
          - name: kube-scheduler
            version: 1.34.3
    - name: Tell
      ansible.builtin.copy:
        content: "{{{{ binary_paths | to_json }}}}"
        dest: "{{{{ told }}}}"
        mode: "0600"
"""


def mirror_of(lab: Lab, kustomize: str) -> Path:
    """A mirror laid out like the official pages, with programs that only tell their version: one archive and one plain file."""
    archived, data = f"kustomize_v{kustomize}_linux_{PROCESSOR}.tar.gz", io.BytesIO()
    program = f"#!/bin/sh\necho v{kustomize}\n".encode()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        info = tarfile.TarInfo("kustomize")
        info.size = len(program)
        tar.addfile(info, io.BytesIO(program))
    scheduler = b"#!/bin/sh\necho Kubernetes v1.34.3\n"
    page = f"github.com/kubernetes-sigs/kustomize/releases/download/kustomize/v{kustomize}"
    files = {
        f"{page}/{archived}": data.getvalue(),
        f"{page}/checksums.txt": f"{hashlib.sha256(data.getvalue()).hexdigest()}  {archived}\n".encode(),
        f"dl.k8s.io/release/v1.34.3/bin/linux/{PROCESSOR}/kube-scheduler": scheduler,
        f"dl.k8s.io/release/v1.34.3/bin/linux/{PROCESSOR}/kube-scheduler.sha256": hashlib.sha256(scheduler).hexdigest().encode(),
    }
    for name, content in files.items():
        path = lab.folder / "mirror" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return lab.folder / "mirror"


def play(lab: Lab, kustomize: str) -> subprocess.CompletedProcess[str]:
    mirror = mirror_of(lab, kustomize)
    (lab.folder / "play.yml").write_text(PLAYBOOK.format(kustomize=kustomize))
    lab.environment |= {"KUBEFLOW_MIRROR": str(mirror), "XDG_CACHE_HOME": str(lab.folder / "xdg"), "ANSIBLE_LOCALHOST_WARNING": "false"}
    command: list[str | Path] = [
        Path(sys.executable).with_name("ansible-playbook"),
        *("-i", "localhost,", "-c", "local"),
        *("-e", f"told={lab.folder}/told", "-e", f"ansible_python_interpreter={sys.executable}"),
        lab.folder / "play.yml",
    ]
    return subprocess.run(command, cwd=ROOT, env=lab.environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_role_gives_the_paths_of_all_calls(lab: Lab) -> None:
    """With the real recipes, at versions whose checksums are not pinned."""
    done = play(lab, "5.8.0")
    assert done.returncode == 0, done.stdout + done.stderr
    # A duplicate key in the recipes would be a warning.
    assert "WARNING" not in done.stdout + done.stderr
    paths = json.loads((lab.folder / "told").read_text())
    assert paths == {
        name: f"{lab.folder}/xdg/mlplatform.kubeflow/binary/{name}/{version}-linux-{PROCESSOR}/{name}"
        for name, version in (("kustomize", "5.8.0"), ("kube-scheduler", "1.34.3"))
    }


def test_the_role_refuses_a_mirror_that_has_another_kustomize_with_its_checksum(lab: Lab) -> None:
    done = play(lab, "5.8.1")
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert re.search(
        r"kustomize 5\.8\.1: \S+/checksums\.txt tells the SHA-256 checksum [0-9a-f]{64} for kustomize_v5\.8\.1_\S+, but", words
    )
    assert not (lab.folder / "told").exists()
