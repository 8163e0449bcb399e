# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods say of their nodes, and how it is read."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.script import SCRIPT, Facts, facts_of

# As BusyBox 1.35 and 1.28 have it, on one line.
NEW = "name a.b. Server: 10.96.0.10 Address: 10.96.0.10:53 Name: a.b Address: 10.96.0.1 "
OLD = "name a.b. Server: 10.96.0.10 Address 1: 10.96.0.10 kube-dns Name: a.b Address 1: 10.96.0.1 a.b "
LOST = "name a.b. Server: 10.96.0.10 Address: 10.96.0.10:53 ** server can't find a.b.: NXDOMAIN "
ALONE = "name a.b. ;; connection timed out; no servers could be reached "


@pytest.mark.parametrize(("line", "resolved"), [(NEW, True), (OLD, True), (LOST, False), (ALONE, False), ("name a.b.", False)])
def test_a_name_is_resolved_when_it_has_an_address_of_its_own(line: str, resolved: bool) -> None:
    assert facts_of(line).names["a.b."][0] is resolved


def test_all_lines_are_read() -> None:
    text = """sysctl fs.inotify.max_user_instances 128
flags lacking avx sse4_2
option CONFIG_NF_NAT=y
module nf_nat
api 0 10.96.0.1:443 HTTP/1.0 400 Bad Request
end
"""
    assert facts_of(text) == Facts(
        sysctls={"fs.inotify.max_user_instances": 128},
        flags=["avx", "sse4_2"],
        modules={"nf_nat"},
        options={"CONFIG_NF_NAT": "y"},
        api=(True, "10.96.0.1:443: HTTP/1.0 400 Bad Request"),
        whole=True,
    )


@pytest.mark.parametrize(
    ("line", "reached"),
    [("api 0 10.96.0.1:443 ", True), ("api 143 10.96.0.1:443 HTTP/1.0 400", True), ("api 1 10.96.0.1:443 nc: timed out", False)],
)
def test_any_answer_shows_that_the_api_server_is_reached(line: str, reached: bool) -> None:
    api = facts_of(line).api
    assert api is not None
    assert api[0] is reached


def test_a_processor_that_is_no_x86_64_lacks_nothing() -> None:
    assert facts_of("flags none").flags is None
    assert facts_of("flags lacking").flags == []


@given(some.text(), some.lists(some.sampled_from(["sysctl", "flags", "option", "module", "api", "name", "end"])))
def test_whatever_a_pod_says_is_read_or_left_out(text: str, words: list[str]) -> None:
    facts_of("\n".join(f"{word} {text}" for word in words) + text)


@pytest.mark.skipif(not shutil.which("sh"), reason="there is no shell")
def test_the_script_is_one_of_a_posix_shell() -> None:
    checked = subprocess.run(["sh", "-n", "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
