"""Commands that are run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.process import run_command


def test_output_and_errors_come_apart_and_nothing_can_be_typed() -> None:
    code = "import sys; print(repr(sys.stdin.read())); print('no', file=sys.stderr); sys.exit(3)"
    ran = run_command([sys.executable, "-c", code], timeout=30)
    assert (ran.status, ran.stdout, ran.stderr, ran.words) == (3, b"''\n", b"no\n", "''\nno")


def test_a_variable_can_be_given_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKEN", "x")
    code = "import os; print(os.environ.get('TAKEN'), os.environ.get('GIVEN'))"
    assert run_command([sys.executable, "-c", code], timeout=30, environment={"TAKEN": None, "GIVEN": "y"}).words == "None y"


def test_what_a_command_said_before_its_time_was_over_is_known() -> None:
    code = "import time; print('begun', flush=True); time.sleep(60)"
    with pytest.raises(subprocess.TimeoutExpired) as raised:
        run_command([sys.executable, "-c", code], timeout=2)
    assert raised.value.output == b"begun\n"


def test_a_child_that_lives_on_does_not_hold_its_parent_up() -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)']); print('done')"
    assert run_command([sys.executable, "-c", code], timeout=10).words == "done"


def test_what_cannot_be_started_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="nowhere"):
        run_command(["/nowhere"], timeout=1)
