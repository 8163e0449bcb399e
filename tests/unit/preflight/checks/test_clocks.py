# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clocks."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from checked import NOW, ask, found, node, thing

LEASES = "leases.coordination.k8s.io"


def lease(off: float, name: str = "one") -> dict[str, Any]:
    text = datetime.datetime.fromtimestamp(NOW + off, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return thing("Lease", name, "kube-node-lease", spec={"renewTime": text})


def test_who_tells_no_time_is_not_asked() -> None:
    assert ask("clocks", ahead=None) is None


@pytest.mark.parametrize(("ahead", "result"), [(0.0, "pass"), (1.5, "pass"), (-60.0, "warn"), (60.0, "warn")])
def test_this_machine(ahead: float, result: str) -> None:
    assert found("clocks", ahead=ahead).result == result


@pytest.mark.parametrize(("off", "result"), [(0, "pass"), (-12, "pass"), (-45, "pass"), (5, "pass"), (60, "fail"), (-90, "warn")])
def test_nodes_by_their_leases(off: float, result: str) -> None:
    assert found("clocks", found={"nodes": [node()], LEASES: [lease(off)]}).result == result
    # A node that is not ready renews nothing.
    assert found("clocks", found={"nodes": [node(ready=False)], LEASES: [lease(off)]}).result == "pass"


def test_a_lease_without_a_time_is_none() -> None:
    assert found("clocks", found={"nodes": [node()], LEASES: [thing("Lease", "one", spec={})]}).result == "pass"
