# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Recipes, published checksums, the order of the sources, and the role's data."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._binary import (
    Binary,
    BinaryError,
    Build,
    Download,
    Recipe,
    build,
    host_platform,
    obtain,
    release,
    resolve,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._binary.recipe import Origin, Refused, Unavailable
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._binary.version import told_version
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.download import ChecksumMismatch, NotFound, Unreachable
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.process import Ran
from ansible_collections.mlplatform.kubeflow.plugins.modules import binary as module
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release

ROLE = Path(__file__).parents[3] / "roles" / "binary"
LINUX = ("linux", "amd64")
PLATFORMS = [(system, processor) for system in ("linux", "darwin") for processor in ("amd64", "arm64")]
A, B = "a" * 64, "b" * 64
KUBERNETES = ("kubectl", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def recipe(name: str = "tool", versions: tuple[str, ...] = (), **changes: Any) -> Recipe:
    values: dict[str, Any] = {"name": name, "version": "", "version_command": ("version",), "version_pattern": r"v(\S+)"}
    return Recipe(Binary(**{**values, **changes}), versions)


def wanted(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "version": version} for name, version in pairs]


class TestResolve:
    def test_fields_are_filled_in(self) -> None:
        download = Download(
            "https://x.test/{version}/t-{os}-{arch}.{archive}", "https://x.test/v{major}.{minor}/sums", "list", "t-{version}/tool"
        )
        of = Build(Path("/mods/{version}"), "x.test/tool/v{major}", ("-X", "p.v=v{version}", "{unknown}"))
        [tool] = resolve(wanted(("tool", "3.20.1")), [recipe(download=download, build=of)], LINUX)
        assert tool.download == Download("https://x.test/3.20.1/t-linux-amd64.tar.gz", "https://x.test/v3.20/sums", "list", "t-3.20.1/tool")
        assert tool.build == Build(Path("/mods/3.20.1"), "x.test/tool/v3", ("-X", "p.v=v3.20.1", "{unknown}"))

    def test_macos_has_zip_archives(self) -> None:
        [tool] = resolve(wanted(("tool", "1.0")), [recipe(download=Download("{os}.{archive}", "", "list"))], ("darwin", "arm64"))
        assert tool.download and tool.download.url == "darwin.zip"

    def test_a_recipe_for_the_version_comes_before_the_general_one(self) -> None:
        recipes = [recipe(version_pattern="(new)"), recipe(versions=("3.2.0",), version_pattern="(old)")]
        assert [resolve(wanted(("tool", v)), recipes, LINUX)[0].version_pattern for v in ("3.2.0", "5.8.1")] == ["(old)", "(new)"]

    def test_a_version_that_no_recipe_is_for(self) -> None:
        with pytest.raises(BinaryError, match=r"no recipe for tool 2\.0; there are recipes for 1\.0, 1\.1"):
            resolve(wanted(("tool", "2.0")), [recipe(versions=("1.1", "1.0"))], LINUX)

    def test_two_versions_of_a_name_are_refused(self) -> None:
        with pytest.raises(BinaryError, match=r"tool is wanted in two versions, 1\.0 and 1\.1"):
            resolve(wanted(("tool", "1.0"), ("tool", "1.1")), [recipe()], LINUX)

    def test_the_same_twice_is_one(self) -> None:
        assert len(resolve(wanted(("tool", "1.0"), ("tool", "1.0")), [recipe()], LINUX)) == 1

    def test_a_misspelt_name(self) -> None:
        with pytest.raises(BinaryError, match=r"named 'kustomise'\. Did you mean kustomize\? Known: kubectl, kustomize"):
            resolve(wanted(("kustomise", "1.0")), [recipe("kustomize"), recipe("kubectl")], LINUX)

    @pytest.mark.parametrize("version", ["v1.2.3", "1", "", "../1.2", "1.2/3", "latest"])
    def test_what_is_no_version(self, version: str) -> None:
        with pytest.raises(BinaryError, match="is not a version"):
            resolve(wanted(("tool", version)), [recipe()], LINUX)

    @pytest.mark.parametrize("pattern", ["(", "none", "(two)(groups)"])
    def test_a_pattern_that_cannot_work(self, pattern: str) -> None:
        with pytest.raises(BinaryError, match="version_pattern of tool"):
            resolve(wanted(("tool", "1.0")), [recipe(version_pattern=pattern)], LINUX)

    def test_a_pinned_checksum_goes_with_the_download_of_its_version_and_platform(self) -> None:
        recipes = [recipe(download=Download("{os}", "", "list"))]
        pins = {"tool": {"1.0": {"linux/amd64": A.upper()}, "1.1": {"linux/arm64": B}}, "other": {}}
        found = [
            resolve(wanted(("tool", version)), recipes, host, pins)[0].download
            for version, host in (("1.0", LINUX), ("1.1", LINUX), ("1.1", ("linux", "arm64")), ("1.2", LINUX))
        ]
        assert [download and download.sha256 for download in found] == [A, None, B, None]

    @pytest.mark.parametrize("pin", [f"sha256:{A}", A[1:], "", None, 5, ["x"]])
    def test_a_pinned_checksum_that_is_none(self, pin: Any) -> None:
        recipes = [recipe(download=Download("", "", "list"))]
        with pytest.raises(BinaryError, match=r"checksum of tool 1\.0 for linux/amd64 is .*, which is no SHA-256 checksum: 64 hexadecimal"):
            resolve(wanted(("tool", "1.0")), recipes, LINUX, {"tool": {"1.0": {"linux/amd64": pin}}})

    @pytest.mark.parametrize("pins", [{"tool": A}, {"tool": {"1.0": A}}, {"tool": None}, {"tool": {"1.0": [A]}}])
    def test_pinned_checksums_of_another_shape(self, pins: Any) -> None:
        recipes = [recipe(download=Download("", "", "list"))]
        with pytest.raises(BinaryError, match=r"checksums of tool have another shape than version, platform, checksum"):
            resolve(wanted(("tool", "1.0")), recipes, LINUX, pins)

    def test_platform_names(self) -> None:
        assert host_platform("Linux", "x86_64") == LINUX
        assert host_platform("Darwin", "arm64") == ("darwin", "arm64")
        assert host_platform("Linux", "aarch64") == ("linux", "arm64")


class TestPublishedDigest:
    @pytest.mark.parametrize("line", [f"{A}  tool.tgz", f"{A.upper()} *tool.tgz", f"{A}  ./out/tool.tgz"])
    def test_list(self, line: str) -> None:
        assert release.published_digest(f"{B}  other.tgz\n{line}\n{B}  tool.tgz.sig\n", "list", "tool.tgz") == A

    def test_list_without_it(self) -> None:
        assert release.published_digest(f"{A}  other-tool.tgz\n<html>\n", "list", "tool.tgz") is None

    def test_single(self) -> None:
        assert release.published_digest(f"{A}\n", "single", "tool") == A
        assert release.published_digest(f"{A}  anything\n", "single", "tool") == A
        assert release.published_digest("<html>log in first</html>", "single", "tool") is None
        assert release.published_digest("", "single", "tool") is None

    def test_github(self) -> None:
        assets = [{"name": "other", "digest": f"sha256:{B}"}, {"name": "tool", "digest": f"sha256:{A}"}, {"name": "old", "digest": None}]
        text = json.dumps({"assets": assets})
        assert release.published_digest(text, "github", "tool") == A
        assert release.published_digest(text, "github", "old") is None
        assert release.published_digest(text, "github", "missing") is None

    @pytest.mark.parametrize("text", ["", "<html>", "[]", '{"message": "API rate limit exceeded"}', '{"assets": [1]}'])
    def test_github_that_answers_something_else(self, text: str) -> None:
        assert release.published_digest(text, "github", "tool") is None


class FakeFetch:
    """Answers each location with bytes or an exception, and remembers what was asked."""

    def __init__(self, **answers: bytes | Exception) -> None:
        self.answers, self.asked = answers, list[str]()

    def __call__(self, location: str, destination: Path, *, sha256: str | None = None) -> None:
        self.asked.append(location)
        answer = self.answers.get(location.rpartition("/")[2].replace(".", "_"), NotFound(f"404 {location}"))
        if isinstance(answer, Exception):
            raise answer
        if sha256 not in (None, digest := hashlib.sha256(answer).hexdigest()):
            raise ChecksumMismatch(f"{location} has the SHA-256 checksum {digest}, but {sha256} was expected")
        destination.write_bytes(answer)


TOOL = Binary("tool", "1.0", ("version",), r"v(\S+)", Download("https://x.test/tool", "https://x.test/sums", "list"))
X = hashlib.sha256(b"x").hexdigest()


def pinned_to(digest: str) -> Binary:
    assert TOOL.download
    return replace(TOOL, download=replace(TOOL.download, sha256=digest))


class TestReleases:
    def test_nothing_is_used_without_a_checksum(self, tmp_path: Path) -> None:
        fetcher = FakeFetch(sums=f"{A} other".encode(), tool=b"x")
        with pytest.raises(Unavailable, match=r"no published checksum, and nothing is used without one: .*sums has no checksum for tool"):
            release.Releases("", fetcher).get(TOOL, tmp_path / "tool")
        assert fetcher.asked == ["https://x.test/sums"]

    def test_a_host_that_was_not_reached_is_asked_once(self, tmp_path: Path) -> None:
        fetcher = FakeFetch(sums=Unreachable("no route"))
        releases = release.Releases("", fetcher)
        for _ in range(2):
            with pytest.raises(Unavailable, match="no route"):
                releases.get(TOOL, tmp_path / "tool")
        assert len(fetcher.asked) == 1

    def test_a_mirror_can_have_a_checksum_that_the_page_lacks(self, tmp_path: Path) -> None:
        fetcher = FakeFetch(tool_sha256=X.encode(), tool=b"x")
        assert release.Releases("/mirror", fetcher).get(TOOL, tmp_path / "tool") == Origin("/mirror/x.test/tool", "published")
        assert fetcher.asked == ["/mirror/x.test/sums", "/mirror/x.test/tool.sha256", "/mirror/x.test/tool"]

    def test_the_page_itself_has_no_second_checksum(self, tmp_path: Path) -> None:
        fetcher = FakeFetch(tool_sha256=A.encode(), tool=b"x")
        with pytest.raises(Unavailable):
            release.Releases("", fetcher).get(TOOL, tmp_path / "tool")
        assert fetcher.asked == ["https://x.test/sums"]

    def test_a_pinned_checksum_is_enough(self, tmp_path: Path) -> None:
        """Where the publisher tells none."""
        for sums in (NotFound("404"), b"<html>"):
            got = release.Releases("", FakeFetch(sums=sums, tool=b"x")).get(pinned_to(X), tmp_path / "tool")
            assert got == Origin("https://x.test/tool", "pinned")

    def test_a_host_that_was_not_reached_for_the_checksum_is_not_asked_for_the_file(self, tmp_path: Path) -> None:
        fetcher = FakeFetch(sums=Unreachable("no route"), tool=b"x")
        with pytest.raises(Unavailable, match="its host was not reached before"):
            release.Releases("", fetcher).get(pinned_to(X), tmp_path / "tool")
        assert fetcher.asked == ["https://x.test/sums"]

    def test_a_page_of_checksums_that_is_another_host_may_be_out_of_reach(self, tmp_path: Path) -> None:
        download = Download("https://x.test/tool", "https://api.test/sums", "github", sha256=X)
        fetcher = FakeFetch(sums=Unreachable("no route"), tool=b"x")
        assert release.Releases("", fetcher).get(replace(TOOL, download=download), tmp_path / "tool").checksum == "pinned"

    def test_a_published_checksum_that_differs_from_the_pinned_one_is_refused_before_the_download(self, tmp_path: Path) -> None:
        fetcher = FakeFetch(sums=f"{X}  tool".encode(), tool=b"x")
        with pytest.raises(Refused, match=rf"tool 1\.0: https://x\.test/sums tells the SHA-256 checksum {X} for tool, but {A} is pinned"):
            release.Releases("", fetcher).get(pinned_to(A), tmp_path / "tool")
        assert fetcher.asked == ["https://x.test/sums"]

    @pytest.mark.parametrize(
        ("sums", "words"), [(f"{A}  tool".encode(), r"https://x\.test/sums tells the same"), (b"", "its publisher tells none")]
    )
    def test_a_file_that_differs_from_the_pinned_checksum_is_refused(self, tmp_path: Path, sums: bytes, words: str) -> None:
        with pytest.raises(Refused, match=rf"has the SHA-256 checksum {X}, but {A} was expected[\s\S]*That checksum is pinned; {words}"):
            release.Releases("", FakeFetch(sums=sums, tool=b"x")).get(pinned_to(A), tmp_path / "tool")
        assert not (tmp_path / "tool").exists()

    @given(file=st.sampled_from(list("xyz")), published=st.sampled_from([*"xyz", None]), pinned=st.sampled_from([*"xyz", None]))
    def test_what_is_kept_is_what_every_witness_says_and_there_is_one(self, file: str, published: str | None, pinned: str | None) -> None:
        digests = {letter: hashlib.sha256(letter.encode()).hexdigest() for letter in "xyz"}
        sums = f"{digests[published]}  tool".encode() if published else b""
        binary = pinned_to(digests[pinned]) if pinned else TOOL
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "tool")
            try:
                got = release.Releases("", FakeFetch(sums=sums, tool=file.encode())).get(binary, place)
            except Unavailable:
                assert published is None and pinned is None
            except Refused:
                assert {published, pinned} - {None, file}
            else:
                assert {published, pinned} - {None} == {file}
                assert got.checksum == ("pinned" if pinned else "published")
                assert place.read_bytes() == file.encode()


def answers(rc: int, output: str) -> Callable[..., Ran]:
    def runner(command: Sequence[str], **_: Any) -> Ran:
        return Ran(rc, output.encode())

    return runner


class TestToldVersion:
    @pytest.mark.parametrize(
        ("name", "output", "version"),
        [
            ("kustomize", "v5.8.1\n", "5.8.1"),
            ("kustomize", "{Version:kustomize/v4.2.0 GitCommit:d53a2ad BuildDate:2021}", "4.2.0"),
            ("kustomize", "{Version:3.2.0 GitCommit:a3103f1 BuildDate:2019}", "3.2.0"),
            ("kwok", "kwok version v0.7.0 go1.24.1 (linux/amd64)\n", "0.7.0"),
            ("kwokctl", "kwokctl version v0.7.0 go1.24.1 (linux/amd64)\n", "0.7.0"),
            ("kind", "0.30.0\n", "0.30.0"),
            ("etcd", "etcd Version: 3.6.5\nGit SHA: a061450\nGo Version: go1.24.7\n", "3.6.5"),
            ("kubectl", "Client Version: v1.34.4\nKustomize Version: v5.7.1\n", "1.34.4"),
            ("kubectl", 'Client Version: version.Info{Major:"1", Minor:"21", GitVersion:"v1.21.14", GitCommit:"0f"}\n', "1.21.14"),
            ("kubectl", "Client Version: v1.34.4-eks-113cf36\n", "1.34.4-eks-113cf36"),
            ("kube-apiserver", "Kubernetes v1.34.4\n", "1.34.4"),
            ("kube-apiserver", "Kubernetes v1.34.4-rc.1\n", "1.34.4-rc.1"),
            ("kube-scheduler", "Kubernetes v1.34.4\n", "1.34.4"),
        ],
    )
    def test_of_the_real_tools(self, name: str, output: str, version: str) -> None:
        of = next(r.binary for r in role_recipes() if r.binary.name == name)
        assert told_version(of, Path("/bin/tool"), answers(0, output))[0] == version

    def test_other_words_are_shown(self) -> None:
        assert told_version(TOOL, Path("/t"), answers(0, "usage:\n  tool")) == (
            None,
            "it answered 'version' with 'usage: tool' (exit code 0)",
        )

    @pytest.mark.parametrize("name", ["cert-manager-controller", "cert-manager-cainjector", "cert-manager-webhook"])
    def test_of_one_that_does_not_tell_it(self, tmp_path: Path, name: str) -> None:
        """Nothing is run; what Go has written into the file says it."""
        of = next(r.binary for r in role_recipes() if r.binary.name == name)
        path = tmp_path / name
        path.write_bytes(
            b"\x7fELF\0\xff Go buildinf:\x08\x02\npath\ta\nmod\tgithub.com/jetstack/cert-manager\tv1.3.1\th1:B2dU=\nbuild\tb\n\0"
        )
        assert told_version(of, path, answers(1, "must not be run")) == ("1.3.1", "it is version 1.3.1")
        path.write_bytes(b"\x7fELF\0another program, which requires github.com/jetstack/cert-manager v1.3.1")
        assert told_version(of, path, answers(0, "v1.3.1")) == (None, "no version is written in it")
        assert told_version(of, tmp_path / "none", answers(0, ""))[1] == "it could not be read: No such file or directory"

    def test_a_failing_command_tells_nothing(self) -> None:
        assert told_version(TOOL, Path("/t"), answers(1, "v1.0"))[0] is None


class FakeGo:
    """Stands in for the go command."""

    def __init__(self, version: str = "go1.26.0", toolchain: str = "local", rc: int = 0, output: str = "") -> None:
        self.version, self.toolchain, self.rc, self.output = version, toolchain, rc, output
        self.built: list[tuple[list[str], Mapping[str, str]]] = []

    def __call__(
        self, command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Ran:
        if command[1] == "env":
            return Ran(0, f"{self.version}\n{self.toolchain}\n".encode())
        self.built.append((list(command), environment or {}))
        return Ran(self.rc, self.output.encode())


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda name: f"/fake/{name}")


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    folder = tmp_path / "pinned"
    folder.mkdir()
    (folder / "go.mod").write_text("module x\n\ngo 1.24.0\n")
    (folder / "go.sum").write_text("")
    return folder


def built(folder: Path, name: str = "tool", package: str = "x.test/cmd/tool") -> Binary:
    return Binary(name, "1.0", ("version",), "(.*)", None, Build(folder, package, ("-s", "-X", "p.v=1.0")))


@pytest.mark.usefixtures("go")
class TestBuild:
    def make(self, binaries: Sequence[Binary], scratch: Path, fake: FakeGo) -> dict[str, Path]:
        scratch.mkdir()
        files: dict[str, Path] = build.build(binaries, scratch, host=LINUX, timeout=1, run=fake)
        return files

    def test_packages_of_one_module_are_built_together(self, pinned: Path, tmp_path: Path) -> None:
        fake = FakeGo()
        server = built(pinned, "etcd", "x.test/server/v3")
        files = self.make([built(pinned), server], tmp_path / "s", fake)
        assert files == {"tool": tmp_path / "s/out/tool", "etcd": tmp_path / "s/out/server"}
        [(command, environment)] = fake.built
        assert command[1:5] == ["build", "-trimpath", "-buildvcs=false", "-ldflags"]
        assert command[5:] == ["-s -X p.v=1.0", "-o", f"{tmp_path}/s/out/", "x.test/cmd/tool", "x.test/server/v3"]
        assert environment["CGO_ENABLED"] == "0" and environment["GOFLAGS"] == "-mod=readonly" and environment["GOOS"] == "linux"

    @pytest.mark.parametrize(("version", "toolchain"), [("go1.23.9", "local"), ("go1.19.8", ""), ("go1.20", "auto")])
    def test_a_go_that_is_too_old(self, version: str, toolchain: str, pinned: Path, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match=rf"/fake/go is {re.escape(version)}, too old\. Go 1\.24\.0 or newer is needed"):
            self.make([built(pinned)], tmp_path / "s", FakeGo(version, toolchain))

    @pytest.mark.parametrize(
        ("version", "toolchain"), [("go1.23.9", "auto"), ("go1.24.0", "local"), ("go1.24rc1", "auto"), ("go2.0", "local")]
    )
    def test_a_go_that_will_do(self, version: str, toolchain: str, pinned: Path, tmp_path: Path) -> None:
        fake = FakeGo(version, toolchain)
        self.make([built(pinned)], tmp_path / "s", fake)
        assert fake.built

    def test_no_go(self, pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(build.shutil, "which", lambda name: None)
        with pytest.raises(Unavailable, match=r"no go in PATH\. Go 1\.24\.0 or newer is needed: install it"):
            self.make([built(pinned)], tmp_path / "s", FakeGo())

    def test_a_version_without_a_go_mod(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match=r"no go\.mod and go\.sum for this version \(.*/nowhere\)"):
            self.make([built(tmp_path / "nowhere")], tmp_path / "s", FakeGo())

    def test_another_module_than_the_pinned_one_is_final(self, pinned: Path, tmp_path: Path) -> None:
        with pytest.raises(Refused, match=r"SECURITY ERROR[\s\S]*not the one that go\.sum pins"):
            self.make([built(pinned)], tmp_path / "s", FakeGo(rc=1, output="verifying x@v1: checksum mismatch\nSECURITY ERROR\n"))

    def test_modules_that_cannot_be_fetched(self, pinned: Path, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match="set GOPROXY"):
            self.make([built(pinned)], tmp_path / "s", FakeGo(rc=1, output="dial tcp: lookup proxy.test: no such host"))

    def test_only_the_same_module_and_flags_go_together(self, pinned: Path) -> None:
        one = built(pinned)
        other = Binary("other", "1.0", (), "", None, Build(pinned, "x.test/cmd/other", ("-w",)))
        assert build.same_build(one, built(pinned, "second"))
        assert not build.same_build(one, other)
        assert not build.same_build(one, TOOL)
        assert one.build
        assert not build.same_build(one, replace(one, build=replace(one.build, openapi="x.test/generated")))


class FakeOpenApiGo(FakeGo):
    """Answers as Go does for a module in a read-only cache, of which one package asks for definitions."""

    def __init__(self, cache: Path, *, marked: bool = True) -> None:
        super().__init__()
        self.cache = cache
        for name, text in {
            "generated/doc.go": "",
            "plain/a.go": "",
            "api/a.go": "",
            "api/b.go": "// +k8s:openapi-gen=true" * marked,
        }.items():
            (cache / name).parent.mkdir(parents=True, exist_ok=True)
            (cache / name).write_text(text)
            (cache / name).chmod(0o444)
        for folder in (*cache.iterdir(), cache):
            folder.chmod(0o555)

    def __call__(
        self, command: Sequence[str], *, timeout: float, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Ran:
        ran = super().__call__(command, timeout=timeout, folder=folder, environment=environment)
        output = ran.words
        if command[1] == "list" and command[-1] == "tool":
            files = [("plain", "a.go"), ("api", "a.go"), ("api", "b.go")]
            output = "go: downloading x\n" + "".join(f"x.test/{package}\t{self.cache / package}\t{name}\n" for package, name in files)
        elif command[1] == "list":
            output = f"go: downloading x\nx.test\t{self.cache}\n"
        elif command[0].endswith("/openapi-gen"):
            options = dict(zip(command[2::2], command[3::2], strict=True))
            file = Path(options["--output-base"]) / options["--output-package"] / f"{options['--output-file-base']}.go"
            file.parent.mkdir(parents=True)
            file.write_text(f"made of {options['--input-dirs']}")
        return Ran(ran.status, output.encode())


@pytest.mark.usefixtures("go")
class TestOpenApi:
    def make(self, fake: FakeGo, pinned: Path, scratch: Path) -> Path:
        scratch.mkdir()
        tool = Binary("tool", "1.0", (), "", None, Build(pinned, "x.test/cmd/tool", ("-s",), openapi="x.test/generated"))
        return build.build([tool], scratch, host=LINUX, timeout=60, run=fake)["tool"]

    def test_the_build_uses_a_copy_that_has_the_definitions(self, pinned: Path, tmp_path: Path) -> None:
        fake, scratch = FakeOpenApiGo(tmp_path / "cache"), tmp_path / "s"
        assert self.make(fake, pinned, scratch) == scratch / "out/tool"
        assert (scratch / "module/generated/zz_generated.openapi.go").read_text() == "made of x.test/api"
        assert (scratch / "module/plain/a.go").is_file()
        steps = [command[1] for command, _environment in fake.built]
        assert steps == ["list", "list", "build", "--logtostderr", "mod", "build"]
        assert fake.built[4][0][1:] == ["mod", "edit", "-replace=x.test=./module"]
        assert all(environment["GOFLAGS"] == "-mod=readonly" for _command, environment in fake.built)

    def test_nothing_of_it_is_read_only(self, pinned: Path, tmp_path: Path) -> None:
        """Or the scratch folder could not be removed again by anybody but root."""
        self.make(FakeOpenApiGo(tmp_path / "cache"), pinned, tmp_path / "s")
        assert all(path.stat().st_mode & 0o200 for path in (tmp_path / "s").rglob("*"))

    def test_no_package_asks_for_definitions(self, pinned: Path, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match=r"definitions of x\.test/generated cannot be made: no package that is built carries"):
            self.make(FakeOpenApiGo(tmp_path / "cache", marked=False), pinned, tmp_path / "s")

    def test_a_package_of_no_module(self, pinned: Path, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match=r"go list names no module for it: nothing here"):
            self.make(FakeGo(output="nothing here"), pinned, tmp_path / "s")


def test_sources_are_asked_in_the_order_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lacking = Binary("tool", "1.0", (), "(x)")
    with pytest.raises(BinaryError) as caught:
        obtain([lacking], cache=tmp_path, host=LINUX, sources=["build", "path", "mirror"])
    assert re.findall(r"^  - (\w+):", str(caught.value), re.MULTILINE) == ["cache", "build", "PATH", "mirror"]


def test_every_missing_binary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BinaryError, match=r"(?s)one 1\.0 for linux/amd64 could not be had.*two 1\.0 for linux/amd64 could not be had"):
        obtain([Binary("one", "1.0", (), "(x)"), Binary("two", "1.0", (), "(x)")], cache=tmp_path, host=LINUX)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "file").write_text("")
    with pytest.raises(BinaryError, match=r"The cache .*/file cannot be used: .*Not a directory"):
        obtain([TOOL], cache=tmp_path / "file", host=LINUX)


# -- the role's data --------------------------------------------------------------------------------------------------


def role_file(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def role_recipes() -> list[Recipe]:
    text = (ROLE / "vars/main/recipes.yml").read_text(encoding="utf-8").replace("{{ role_path }}", str(ROLE))
    entries = yaml.safe_load(text)["__binary_recipes"]
    return [module.recipe_of({"versions": [], "download": None, "build": None, **entry}) for entry in entries]


def role_checksums() -> dict[str, dict[str, dict[str, str]]]:
    checksums: dict[str, dict[str, dict[str, str]]] = role_file("vars/main/checksums.yml")["__binary_checksums"]
    return checksums


class TestRole:
    def test_the_documented_names_are_the_recipes(self) -> None:
        options = role_file("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        assert options["binary_wanted"]["options"]["name"]["choices"] == sorted({r.binary.name for r in role_recipes()})

    def test_pinned_checksums_are_of_recipes_that_download(self) -> None:
        for name, versions in role_checksums().items():
            assert versions, name
            for version, platforms in versions.items():
                assert isinstance(version, str), f"{name} {version}: in quotes"
                assert platforms and set(platforms) <= {f"{system}/{processor}" for system, processor in PLATFORMS}, f"{name} {version}"
                for platform, digest in platforms.items():
                    [binary] = resolve(wanted((name, version)), role_recipes(), tuple(platform.split("/")), role_checksums())
                    assert binary.download and binary.download.sha256 == digest
                    assert re.fullmatch(r"[0-9a-f]{64}", digest)

    def test_no_two_files_have_the_same_pinned_checksum(self) -> None:
        digests = [digest for versions in role_checksums().values() for platforms in versions.values() for digest in platforms.values()]
        assert len(set(digests)) == len(digests)

    def test_each_pinned_version_says_which_public_list_it_is_from(self) -> None:
        """A comment between the version and its platforms: repository and path."""
        text = (ROLE / "vars/main/checksums.yml").read_text(encoding="utf-8")
        blocks = re.findall(r"^ {4}(\d\S*):\n((?: {6}.*\n)+)", text, re.MULTILINE)
        assert len(blocks) == sum(map(len, role_checksums().values()))
        for version, block in blocks:
            assert re.match(r" {6}# [\w.-]+/[\w.-]+, [\w./-]+", block), version

    @pytest.mark.parametrize("name", ["kustomize", *KUBERNETES])
    def test_what_the_default_release_is_rendered_and_tried_with_is_pinned_on_linux(self, name: str) -> None:
        default = yaml.safe_load((ROLE.parent / "kubeflow/defaults/main.yml").read_text(encoding="utf-8"))["kubeflow_release"]
        release_file = read_release(ROLE.parent / "kubeflow/vars", default)
        version = release_file["kustomize"] if name == "kustomize" else release_file["kubernetes"]["tested"]
        assert set(role_checksums()[name][version]) >= {"linux/amd64", "linux/arm64"}

    def test_the_documented_defaults_are_the_defaults(self) -> None:
        options = role_file("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        assert {name: option["default"] for name, option in options.items()} == role_file("defaults/main.yml")

    def test_the_module_documents_its_arguments(self) -> None:
        def spec_of(options: Mapping[str, Any]) -> dict[str, Any]:
            kept = ("type", "elements", "required", "default", "choices")
            return {
                name: {
                    **{key: option[key] for key in kept if key in option},
                    **(
                        {"options": spec_of(option.get("suboptions") or option["options"])}
                        if option.get("suboptions") or option.get("options")
                        else {}
                    ),
                }
                for name, option in options.items()
            }

        assert spec_of(yaml.safe_load(module.DOCUMENTATION)["options"]) == spec_of(module.ARGUMENT_SPEC)

    @pytest.mark.parametrize(
        ("name", "version", "url", "checksum_url"),
        [
            (
                "kustomize",
                "5.8.1",
                "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv5.8.1/kustomize_v5.8.1_linux_amd64.tar.gz",
                "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv5.8.1/checksums.txt",
            ),
            (
                "etcd",
                "3.6.5",
                "https://github.com/etcd-io/etcd/releases/download/v3.6.5/etcd-v3.6.5-linux-amd64.tar.gz",
                "https://github.com/etcd-io/etcd/releases/download/v3.6.5/SHA256SUMS",
            ),
            (
                "kind",
                "0.30.0",
                "https://github.com/kubernetes-sigs/kind/releases/download/v0.30.0/kind-linux-amd64",
                "https://github.com/kubernetes-sigs/kind/releases/download/v0.30.0/kind-linux-amd64.sha256sum",
            ),
            (
                "kwokctl",
                "0.7.0",
                "https://github.com/kubernetes-sigs/kwok/releases/download/v0.7.0/kwokctl-linux-amd64",
                "https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v0.7.0",
            ),
            (
                "kustomize",
                "3.2.0",
                "https://github.com/kubernetes-sigs/kustomize/releases/download/v3.2.0/kustomize_3.2.0_linux_amd64",
                "https://github.com/kubernetes-sigs/kustomize/releases/download/v3.2.0/checksums.txt",
            ),
            *(
                (
                    name,
                    version,
                    f"https://dl.k8s.io/release/v{version}/bin/linux/amd64/{name}",
                    f"https://dl.k8s.io/release/v{version}/bin/linux/amd64/{name}.sha256",
                )
                for name in KUBERNETES
                for version in ("1.34.4", "1.21.14", "1.30.0")
            ),
        ],
    )
    def test_release_pages(self, name: str, version: str, url: str, checksum_url: str) -> None:
        [binary] = resolve(wanted((name, version)), role_recipes(), LINUX)
        assert binary.download and (binary.download.url, binary.download.checksum_url) == (url, checksum_url)

    @pytest.mark.parametrize(
        ("name", "version"),
        [
            ("kustomize", "5.8.1"),
            ("kwok", "0.7.0"),
            ("kwokctl", "0.7.0"),
            ("kind", "0.30.0"),
            ("etcd", "3.6.5"),
            ("kustomize", "3.2.0"),
            *((name, version) for name in KUBERNETES for version in ("1.34.4", "1.21.14", "1.19.16")),
            *((f"cert-manager-{name}", "1.3.1") for name in ("controller", "cainjector", "webhook")),
        ],
    )
    def test_the_go_module_has_the_package_at_the_version(self, name: str, version: str) -> None:
        [binary] = resolve(wanted((name, version)), role_recipes(), LINUX)
        assert binary.build
        text = (binary.build.module / "go.mod").read_text(encoding="utf-8")
        modules = dict(re.findall(r"^(?:require )?\s*(\S+) (v\S+)", text, re.MULTILINE))
        assert any(binary.build.package.startswith(path) and at == f"v{version}" for path, at in modules.items())
        assert re.search(rf"^(tool )?\s*{re.escape(binary.build.package)}$", text, re.MULTILINE)
        pins = (binary.build.module / "go.sum").read_text(encoding="utf-8")
        assert f" v{version} h1:" in pins

    @pytest.mark.parametrize(
        "path",
        sorted([*ROLE.glob("files/kubernetes/*/go.mod"), *ROLE.glob("files/cert-manager/*/go.mod")]),
        ids=lambda path: "-".join(path.parts[-3:-1]),
    )
    def test_no_server_is_built_with_a_reflection_that_panics_under_newer_go(self, path: Path) -> None:
        """github.com/modern-go/reflect2 1.0.1 and older read maps as Go kept them before 1.18."""
        text = path.read_text(encoding="utf-8")
        replaced = re.findall(r"modern-go/reflect2(?: v\S+)? => \S+ v(\S+)$", text, re.MULTILINE)
        required = re.findall(r"^(?:require )?\s*github\.com/modern-go/reflect2 v(\S+)", text, re.MULTILINE)
        assert all(tuple(map(int, version.split("-")[0].split("."))) >= (1, 0, 2) for version in replaced or required)

    @pytest.mark.parametrize("version", ["1.34.4", "1.21.14", "1.19.16"])
    def test_what_is_built_together(self, version: str) -> None:
        binaries = resolve(wanted(*((name, version) for name in KUBERNETES)), role_recipes(), LINUX)
        assert all(build.same_build(binaries[0], binary) for binary in binaries)

    def test_an_old_kubernetes_pins_the_generator_of_what_its_module_lacks(self) -> None:
        versions = ("1.19.16", "1.21.14", "1.34.4")
        [*olds, new] = (resolve(wanted(("kube-apiserver", version)), role_recipes(), LINUX)[0].build for version in versions)
        for old in olds:
            assert old and old.openapi == "k8s.io/kubernetes/pkg/generated/openapi"
            assert re.search(r"^\tk8s\.io/kube-openapi/cmd/openapi-gen$", (old.module / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
        assert new and new.openapi is None

    @pytest.mark.parametrize(
        ("version", "told"),
        [
            ("3.2.0", "Version: {KustomizeVersion:3.2.0 GitCommit:a3103f1e62ddb5b696daa3fd359bb6f2e8333b49 GoOs:linux GoArch:amd64}"),
            ("3.2.0", "Version: {KustomizeVersion:v3.2.0 GitCommit:$Format:%H$ BuildDate:1970-01-01T00:00:00Z}"),
            ("5.8.1", "v5.8.1"),
        ],
    )
    def test_what_kustomize_says_of_itself(self, version: str, told: str) -> None:
        [binary] = resolve(wanted(("kustomize", version)), role_recipes(), LINUX)
        match = re.search(binary.version_pattern, told)
        assert match and match[1] == version
