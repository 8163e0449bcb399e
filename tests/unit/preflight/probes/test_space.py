# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces of probes: which of them nobody uses any more."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import identity
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.objects import HOLDER, UNTIL, namespace, node_pod
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.space import is_left

NOW = 1_800_000_000.0


def of(holder: str, until: float = NOW + 100) -> dict[str, Any]:
    return namespace("kubeflow-probe-1", holder, until)


def test_one_of_a_run_that_is_under_way_is_none() -> None:
    assert not is_left(of(identity()), NOW)


def test_one_of_a_process_that_has_ended_is_left() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(timeout=20)
    assert is_left(of(identity().replace(f"/{os.getpid()}-", f"/{ended.pid}-")), NOW)


def test_one_of_another_machine_is_left_once_its_time_is_over() -> None:
    there = "somebody@elsewhere/1-abcdef"
    assert not is_left(of(there), NOW)
    assert is_left(of(there), NOW + 101)


@pytest.mark.parametrize("annotations", [{}, {UNTIL: "soon"}])
def test_one_that_does_not_tell_is_left(annotations: dict[str, str]) -> None:
    assert is_left({"metadata": {"name": "one", "annotations": annotations}}, NOW)


@given(some.text(), some.floats(min_value=1, max_value=1e9))
def test_any_holder_is_read(holder: str, seconds: float) -> None:
    assert not is_left(of(f"{holder}@elsewhere/1-a", NOW + seconds + 1), NOW)
    is_left({"metadata": {"annotations": {HOLDER: holder, UNTIL: "2099-01-01T00:00:00Z"}}}, NOW)


def test_pods_are_such_as_the_strictest_level_takes() -> None:
    spec = node_pod("node-0", "n0", "busybox", 60, [])["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert spec["activeDeadlineSeconds"] == 60
    assert not spec["automountServiceAccountToken"]
