# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The channel of a module, with real pipes."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import MESSAGE_LENGTH, Channel, shortened


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.fixture
def reader(pipe: Path) -> Iterator[int]:
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def lines(reader: int) -> list[bytes]:
    text = b""
    try:
        while some := os.read(reader, 65536):
            text += some
    except BlockingIOError:
        pass
    return text.splitlines()


def test_lines_go_through_and_the_first_names_the_process(pipe: Path, reader: int) -> None:
    channel = Channel(str(pipe), lambda: None)
    channel.tell(part="istio", state="applied")
    assert [json.loads(line) for line in lines(reader)] == [{"pid": os.getpid()}, {"part": "istio", "state": "applied"}]


@pytest.mark.parametrize("path", [None, "", "nowhere", "file"])
def test_without_a_pipe_nothing_is_told_and_nothing_fails(tmp_path: Path, path: str | None) -> None:
    (tmp_path / "file").write_text("mine")
    told: list[int] = []
    channel = Channel(path and str(tmp_path / path), lambda: told.append(1))
    channel.tell(part="istio")
    assert not channel.is_open
    assert not told
    assert (tmp_path / "file").read_text() == "mine"


def test_a_reader_that_does_not_read_neither_stops_nor_confuses_the_module(pipe: Path, reader: int) -> None:
    channel = Channel(str(pipe), lambda: None)
    for number in range(3000):
        channel.tell(number=number, message="x" * 300)
    some = [json.loads(line)["number"] for line in lines(reader)[1:-1]]
    assert some == list(range(len(some)))
    channel.tell(last=True)
    channel.tell(last=True)
    assert json.loads(lines(reader)[-1]) == {"last": True}


def test_a_reader_that_is_gone_is_noticed_at_once(pipe: Path) -> None:
    reader, gone = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), threading.Event()
    channel = Channel(str(pipe), gone.set)
    assert not gone.wait(0.2)
    os.close(reader)
    assert gone.wait(5)
    channel.tell(part="istio")


def test_a_pipe_that_nobody_reads_any_more_means_the_same(pipe: Path) -> None:
    gone = threading.Event()
    assert not Channel(str(pipe), gone.set).is_open
    assert gone.is_set()


@given(st.text())
def test_a_message_is_one_line_that_a_terminal_only_shows(message: str) -> None:
    line = shortened(message)
    assert len(line) <= MESSAGE_LENGTH
    assert not line or line.isprintable()
    assert line.splitlines() in ([], [line])


def test_a_message_loses_nothing_but_its_shape() -> None:
    assert shortened("one\n  two\x1b[2Jthree") == "one two [2Jthree"
