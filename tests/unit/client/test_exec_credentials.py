# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exec plugins: real programs that answer, fail, ask, hang and print nonsense."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client import exec_credentials
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.cluster_source import ConnectionOptionsError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.exec_credentials import ExecPlugin, shown_command
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.kubeconfig import Context
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline

VERSION = "client.authentication.k8s.io/v1"
SECRET = "c2VjcmV0LXRva2Vu"


def plugin(
    folder: Path,
    script: str,
    seconds: float = 120,
    cluster: dict[str, Any] | None = None,
    deadline: Deadline | None = None,
    **more: Any,
) -> ExecPlugin:
    """A plugin that is a Python program."""
    (folder / "plugin.py").write_text(script)
    described = {"apiVersion": VERSION, "command": sys.executable, "args": [str(folder / "plugin.py")], **more}
    context = Context("c", cluster or {"server": "https://example.com"}, {"exec": described}, "u", folder)
    return ExecPlugin(context, dict(os.environ), deadline, seconds=seconds)


def answer(version: str = VERSION, **status: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": "ExecCredential", "status": status}


def printing(found: Any) -> str:
    """A program that prints an answer, or a text as it is."""
    return f"print({(found if isinstance(found, str) else json.dumps(found))!r})"


def refusal(one: ExecPlugin) -> str:
    with pytest.raises(ConnectionOptionsError) as raised:
        one.headers()
    assert SECRET not in str(raised.value)
    return str(raised.value)


def counting(folder: Path, then: str) -> str:
    """A program that counts how often it is run, in file C(runs)."""
    return f"runs = open({str(folder / 'runs')!r}, 'a+'); runs.write('x'); runs.seek(0); count = len(runs.read())\nimport json, sys\n{then}"


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text())


def test_a_token(tmp_path: Path) -> None:
    one = plugin(tmp_path, printing(answer(token="abc\n")))
    assert one.headers() == (("authorization", "Bearer abc"),)
    assert one.certificate() is None


def test_a_plugin_that_fails_is_quoted_with_its_exit_status(tmp_path: Path) -> None:
    script = f"import sys; print('{SECRET}'); sys.exit('token has expired, run: mycloud login')"
    message = refusal(plugin(tmp_path, script))
    assert message.startswith(f"exec plugin of user u failed (exit status 1): {sys.executable} ")
    assert message.endswith("It says: token has expired, run: mycloud login")


def test_a_plugin_that_is_killed(tmp_path: Path) -> None:
    assert "failed (ended by signal 9)" in refusal(plugin(tmp_path, "import os; os.kill(os.getpid(), 9)"))


def test_a_plugin_that_is_missing(tmp_path: Path) -> None:
    message = refusal(plugin(tmp_path, "", command="mycloud-nowhere", args=["get-token"]))
    assert "cannot be run: mycloud-nowhere get-token: No such file or directory. Install it" in message
    message = refusal(plugin(tmp_path, "", command="mycloud-nowhere", installHint="Get it at https://example.com"))
    assert message.endswith("No such file or directory. Get it at https://example.com")


@pytest.mark.parametrize("how", ["input()", "import getpass; getpass.getpass()", "open('/dev/tty').readline()"])
def test_a_plugin_that_asks_somebody_is_told_that_nobody_is_there(tmp_path: Path, how: str) -> None:
    started = time.monotonic()
    message = refusal(plugin(tmp_path, how))
    assert "failed (exit status 1)" in message
    assert time.monotonic() - started < 60


def test_a_plugin_that_never_ends_is_ended_with_what_it_started(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "print('open https://login.example.com in a browser', file=sys.stderr, flush=True)\n"
        f"child = subprocess.Popen(['sleep', '600']); open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    started = time.monotonic()
    message = refusal(plugin(tmp_path, script, seconds=6))
    assert time.monotonic() - started < 100
    assert "gave no answer within 6 s" in message
    assert "It says: open https://login.example.com in a browser. It may be waiting for somebody to log in" in message
    state = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")

    def runs() -> bool:
        try:
            return state.read_text().split()[2] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    # A killed process is gone a moment later only.
    end = time.monotonic() + 10
    while runs():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_plugin_ends_with_the_run_that_it_is_of(tmp_path: Path) -> None:
    """Ctrl-C does not reach it by the terminal."""
    deadline = Deadline(600)
    one = plugin(tmp_path, f"import time; open({str(tmp_path / 'runs')!r}, 'w').close(); time.sleep(600)", seconds=300, deadline=deadline)

    def interrupt() -> None:
        while not (tmp_path / "runs").exists():
            time.sleep(0.05)
        deadline.cancel("interrupted by SIGINT")

    threading.Thread(target=interrupt).start()
    started = time.monotonic()
    assert refusal(one) == "exec plugin of user u was ended: interrupted by SIGINT"
    assert time.monotonic() - started < 100


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (SECRET, f"{len(SECRET) + 1} characters that are no JSON"),
        ("", "it printed nothing"),
        ([SECRET], "it is no ExecCredential"),
        ({**answer(token=SECRET), "kind": "Token"}, "it is no ExecCredential"),
        (
            answer("client.authentication.k8s.io/v1beta1", token=SECRET),
            f"its apiVersion is {VERSION}beta1, and the kubeconfig says {VERSION}",
        ),
        ({**answer(), "status": None}, "it has no status"),
        (answer(), "it has neither a token nor a certificate"),
        (answer(clientKeyData=SECRET), "it has a certificate or a key, not both"),
        (answer(token=SECRET, expirationTimestamp="soon"), "its expirationTimestamp is 'soon', which is no time (RFC 3339)"),
    ],
)
def test_an_answer_that_is_none_is_described_and_not_shown(tmp_path: Path, found: Any, words: str) -> None:
    message = refusal(plugin(tmp_path, f"import sys; print('be warned', file=sys.stderr); {printing(found)}"))
    assert f"exec plugin of user u gave an answer that cannot be used, {words}" in message
    assert message.endswith("It says: be warned")


def test_a_token_that_cannot_be_one(tmp_path: Path) -> None:
    assert "exec plugin of user u holds no token" in refusal(plugin(tmp_path, printing(answer(token=f"{SECRET}\n{SECRET}"))))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"interactiveMode": "Always"}, "wants to ask somebody at a terminal (interactiveMode: Always), and there is none"),
        ({"apiVersion": "v1"}, "its apiVersion is 'v1', not one of client.authentication.k8s.io/"),
        ({"command": ""}, "the kubeconfig names no command"),
        ({"args": "get-token"}, "its args are no list of texts"),
        ({"env": {"A": "b"}}, "its env is no list of names and values"),
    ],
)
def test_a_description_that_is_none(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ConnectionOptionsError) as raised:
        plugin(tmp_path, "", **more)
    assert words in str(raised.value)


def test_what_a_plugin_is_told(tmp_path: Path) -> None:
    script = "import json, os; json.dump([os.environ['KUBERNETES_EXEC_INFO'], os.environ['MINE']], open('{}', 'w')); {}".format(
        tmp_path / "told", printing(answer(token="t"))
    )
    (tmp_path / "ca").write_text("authority")
    cluster = {
        "server": "https://example.com",
        "certificate-authority": "ca",
        "proxy-url": "http://proxy",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me"}}],
    }
    plugin(tmp_path, script, env=[{"name": "MINE", "value": "yes"}], cluster=cluster, provideClusterInfo=True).headers()
    info, mine = json.loads((tmp_path / "told").read_text())
    assert mine == "yes"
    assert json.loads(info) == {
        "apiVersion": VERSION,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": "https://example.com",
                "certificate-authority-data": "YXV0aG9yaXR5",
                "proxy-url": "http://proxy",
                "config": {"audience": "me"},
            },
        },
    }


def test_a_command_with_a_slash_counts_from_the_kubeconfigs_folder(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/mine"
    program.write_text(f"#!{sys.executable}\n{printing(answer(token='t'))}\n")
    program.chmod(0o700)
    assert plugin(tmp_path, "", command="bin/mine", args=None).headers() == (("authorization", "Bearer t"),)


def test_an_answer_is_kept_while_it_is_good(tmp_path: Path) -> None:
    for more in ("", f", 'expirationTimestamp': {(datetime.now(UTC) + timedelta(hours=1)).isoformat()!r}"):
        (tmp_path / "runs").unlink(missing_ok=True)
        then = f"print(json.dumps({{'apiVersion': '{VERSION}', 'kind': 'ExecCredential', 'status': {{'token': f't{{count}}'{more}}}}}))"
        one = plugin(tmp_path, counting(tmp_path, then))
        assert {one.headers() for _ in range(5)} == {(("authorization", "Bearer t1"),)}
        assert runs(tmp_path) == 1


def ending(folder: Path, seconds: float, otherwise: str = "") -> ExecPlugin:
    """A plugin whose first answer is good for so long; C(otherwise) is done when it is run again."""
    then = (
        f"from datetime import datetime, timedelta, UTC\nif count > 1: {otherwise or 'pass'}\n"
        f"end = (datetime.now(UTC) + timedelta(seconds={seconds} if count == 1 else 3600)).isoformat()\n"
        f"print(json.dumps({{'apiVersion': '{VERSION}', 'kind': 'ExecCredential', "
        "'status': {'token': f't{count}', 'expirationTimestamp': end}}))"
    )
    return plugin(folder, counting(folder, then))


def test_a_new_answer_is_had_before_the_old_one_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_credentials, "PAUSE_SECONDS", 0.0)
    one = ending(tmp_path, 100)
    assert one.headers() == (("authorization", "Bearer t1"),)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 70)
    assert one.headers() == (("authorization", "Bearer t1"),)
    monkeypatch.setattr(time, "time", lambda: now + 90)
    assert one.headers() == (("authorization", "Bearer t2"),)


def test_a_plugin_that_fails_later_is_quoted_once_the_old_answer_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = ending(tmp_path, 100, "sys.exit('token has expired, run: mycloud login')")
    one.headers()
    now, clock = time.time(), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now + 90)
    monkeypatch.setattr(time, "monotonic", lambda: clock + 10)
    assert [one.headers() for _ in range(3)] == [(("authorization", "Bearer t1"),)] * 3
    # Not again and again: many threads ask.
    assert runs(tmp_path) == 2
    monkeypatch.setattr(time, "time", lambda: now + 101)
    assert "token has expired, run: mycloud login" in refusal(one)
    assert runs(tmp_path) == 2
    monkeypatch.setattr(time, "monotonic", lambda: clock + 20)
    assert "token has expired, run: mycloud login" in refusal(one)
    assert runs(tmp_path) == 3


def test_a_refused_token_is_renewed_once_for_all_who_were_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins need not say until when a token is good."""
    then = f"print(json.dumps({{'apiVersion': '{VERSION}', 'kind': 'ExecCredential', 'status': {{'token': f't{{count}}'}}}}))"
    one = plugin(tmp_path, counting(tmp_path, then))
    first = one.headers()
    # It is brand-new: then it is no use to ask again.
    assert not one.renew(first)
    clock = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: clock + 10)
    assert one.renew(first) and one.renew(first)
    assert one.headers() == (("authorization", "Bearer t2"),)
    assert runs(tmp_path) == 2


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("aws eks get-token --cluster-name prod --region eu-1", "aws eks get-token --cluster-name prod --region eu-1"),
        (f"kubelogin get-token --oidc-client-secret={SECRET} -v1", "kubelogin get-token --oidc-client-secret=******** -v1"),
        (f"kubelogin --client-secret {SECRET} --tenant x", "kubelogin --client-secret ******** --tenant x"),
        (f"curl https://me:{SECRET}@example.com", "curl …"),
        (f"login PASSWORD={SECRET}", "login PASSWORD=********"),
        ("tool " + "x" * 100, "tool …"),
    ],
)
def test_a_command_is_shown_without_secrets(command: str, shown: str) -> None:
    assert shown_command(command.split(" ")) == shown
    assert shown_command(["sh", "-c", f"echo {SECRET}; exit 3"]) == "sh -c …"
