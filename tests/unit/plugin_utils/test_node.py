# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine by its shell: this one, with what can go wrong on any."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver import scripts
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.errors import NodeError
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.node import Node

Shell = Callable[[str], dict[str, Any]]


def shell(before: str = "", after: str = "") -> Shell:
    """sh, as a connection would run it."""

    def execute(command: str) -> dict[str, Any]:
        done = subprocess.run(["/bin/sh", "-c", f"{before}{command}{after}"], capture_output=True, check=False)
        return {"rc": done.returncode, "stdout": done.stdout.decode(errors="replace"), "stderr": done.stderr.decode(errors="replace")}

    return execute


NODE = Node(shell())


@given(content=st.binary(max_size=200))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_is_read_to_the_byte(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a b").write_bytes(content)
    assert NODE.read(str(tmp_path / "a b")) == content


def test_a_terminal_and_words_of_a_login_do_not_get_between(tmp_path: Path) -> None:
    """What ssh -tt gives: other line breaks, and errors among what is said."""
    (tmp_path / "f").write_bytes(b"a\nb\r\n")

    def terminal(command: str) -> dict[str, Any]:
        done = shell("echo Welcome; echo mlplatform;")(command)
        return {"rc": 0, "stdout": (done["stdout"] + done["stderr"]).replace("\n", "\r\n"), "stderr": ""}

    assert Node(terminal).read(str(tmp_path / "f")) == b"a\nb\r\n"
    with pytest.raises(NodeError, match="No such file"):
        Node(terminal).read(str(tmp_path / "none"))


def test_a_program_can_stand_before_the_shell(tmp_path: Path) -> None:
    (tmp_path / "it's").write_text("x")
    assert Node(shell(), ["env", "A=b c"]).read(str(tmp_path / "it's")) == b"x"
    assert Node(shell(), ["env", "A=b c"]).run('echo "$A"', "Asking").strip() == "b c"


@pytest.mark.parametrize(
    "execute", [shell("exit 1;"), shell("nosuchprogram "), lambda command: {"rc": 255, "stdout": "", "stderr": "closed"}]
)
def test_a_shell_that_does_not_answer_is_said_in_one_line(execute: Shell) -> None:
    with pytest.raises(NodeError, match=r"does not answer|failed") as refused:
        Node(execute).look(["/etc"], "/m")
    assert "\n" not in str(refused.value)


def test_the_machine_is_seen(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("x")
    seen = NODE.look([str(tmp_path), "/none"], str(tmp_path / "m.yaml"))
    assert seen.paths == {str(tmp_path)} and seen.allowed
    assert seen.hostname == os.uname().nodename
    assert not Node(shell(), ["sh", "-c", 'id() { echo 1000; }; eval "$3"', "sh"]).look([], "/none/m").allowed


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifests" / "kube-apiserver.yaml"
    path.parent.mkdir()
    path.write_text("old\n")
    path.chmod(0o640)
    return path


def left(manifest: Path) -> list[str]:
    return [path.name for path in manifest.parent.iterdir()]


@given(content=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_manifest_is_replaced_to_the_byte_with_its_mode(content: str, manifest: Path) -> None:
    NODE.run(scripts.replace(str(manifest), content), "Writing")
    assert manifest.read_bytes().decode() == content
    assert stat.S_IMODE(manifest.stat().st_mode) == 0o640
    assert left(manifest) == [manifest.name]


def test_a_back_up_is_for_its_owner_only_and_comes_back_with_the_manifests_mode(manifest: Path, tmp_path: Path) -> None:
    copy = tmp_path / "back ups" / "c"
    NODE.run(scripts.back_up(str(manifest), str(copy.parent), str(copy)), "Copying")
    assert (copy.read_text(), stat.S_IMODE(copy.stat().st_mode)) == ("old\n", 0o600)
    NODE.run(scripts.replace(str(manifest), "new"), "Writing")
    NODE.run(scripts.put_back(str(manifest), str(copy)), "Putting back")
    assert (manifest.read_text(), stat.S_IMODE(manifest.stat().st_mode)) == ("old\n", 0o640)
    assert left(manifest) == [manifest.name]


def test_on_a_full_disk_the_old_manifest_stays_whole(manifest: Path, tmp_path: Path) -> None:
    # A limit on files is what a user may set; in blocks of 512 bytes.
    full = Node(shell("trap '' XFSZ; ulimit -f 2; "))
    with pytest.raises(NodeError, match="Writing failed"):
        full.run(scripts.replace(str(manifest), "x" * 4096), "Writing")
    assert manifest.read_text() == "old\n" and left(manifest) == [manifest.name]
    manifest.write_text("y" * 4096)
    with pytest.raises(NodeError, match="Copying failed"):
        full.run(scripts.back_up(str(manifest), str(tmp_path / "b"), str(tmp_path / "b/c")), "Copying")
    assert not (tmp_path / "b/c").exists()


def test_on_a_file_system_for_reading_only_it_is_said(manifest: Path) -> None:
    # In a mount namespace of its own, which a user may have too.
    alone = ["unshare", "--map-root-user", "--mount"]
    folder = str(manifest.parent)
    mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && "
    if subprocess.run([*alone, "sh", "-c", f"{mount} true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace may be made here")
    with pytest.raises(NodeError, match="Read-only file system"):
        Node(shell(), [*alone, "sh", "-c", f'{mount} eval "$3"', "sh"]).run(scripts.replace(str(manifest), "new"), "Writing")
    assert manifest.read_text() == "old\n" and left(manifest) == [manifest.name]


def test_processes_are_told_by_their_words(tmp_path: Path) -> None:
    program = tmp_path / "kube-apiserver"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "30"]) as running:
        try:
            assert [str(program), "30"] in NODE.command_lines()
        finally:
            running.terminate()
    assert [str(program), "30"] not in NODE.command_lines()


def test_logs_are_listed_by_age(tmp_path: Path) -> None:
    folder = tmp_path / "kube-system_kube-apiserver-n_1/kube-apiserver"
    folder.mkdir(parents=True)
    for age, name in enumerate(("1.log", "0.log")):
        (folder / name).write_text("said\n")
        os.utime(folder / name, (1000 - age, 1000 - age))
    assert NODE.pod_logs(str(tmp_path)) == [str(folder / "0.log"), str(folder / "1.log")]
    assert NODE.last_lines(str(folder / "0.log")) == ["said"]
    assert NODE.pod_logs(str(tmp_path / "none")) == []


class Keys:
    """Key files, and all that was said by the machine when they were looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, ""
        for name in ("sa", "other"):
            key = rsa.generate_private_key(65537, 2048)
            (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
            (folder / f"{name}.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def check(self, signing: str, *verifying: str) -> bool:
        def listening(command: str) -> dict[str, Any]:
            done = shell()(command)
            self.said += str(done)
            return done

        return Node(listening).check_pair(str(self.folder / signing), [str(self.folder / name) for name in verifying])


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def test_a_pair_is_one_and_the_private_key_is_not_seen(keys: Keys) -> None:
    assert keys.check("sa.key", "sa.pub")
    assert keys.check("sa.key", "other.pub", "sa.pub")
    assert keys.check("sa.key", "other.key", "sa.key")
    for line in (keys.folder / "sa.key").read_text().splitlines()[8:-1]:
        assert line not in keys.said


def test_keys_that_are_no_pair_are_refused_in_one_line(keys: Keys) -> None:
    (keys.folder / "empty").touch()
    (keys.folder / "text").write_text("hello\n")
    (keys.folder / "broken").write_text("-----BEGIN RSA PRIVATE KEY-----\nhello\n-----END RSA PRIVATE KEY-----\n")
    for signing, verifying, why in (
        ("sa.key", "other.pub", "is not the pair"),
        ("sa.key", "other.key", "is not the pair"),
        ("none", "sa.pub", "none is missing"),
        ("sa.key", "none", "none is missing"),
        ("empty", "sa.pub", "empty is missing on the machine, or is empty"),
        ("text", "sa.pub", "is no private key"),
        ("sa.pub", "sa.pub", "is no private key, which is needed to sign tokens: it holds PUBLIC KEY"),
        ("sa.key", "text", "is no key"),
        ("broken", "sa.pub", "is not a"),
    ):
        with pytest.raises(NodeError, match=why) as refused:
            keys.check(signing, verifying)
        assert "\n" not in str(refused.value)
