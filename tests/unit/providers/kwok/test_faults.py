# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults to rehearse: what is said of them, and what becomes of containers, without a cluster."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok import faults as told
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import KwokError

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins import back_off, faults
from standins.faults import Fault, Faults
from standins.logs import Logs
from standins.rehearsal import refusal

Thing = dict[str, Any]
ROLE = Path(__file__).parents[4] / "roles/cluster_kwok"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("crash", "is no fault"),
        ({"pods": "a/b"}, "is no fault"),
        ({"fault": "crsh"}, "did you mean 'crash'?"),
        ({"fault": "crash"}, "crash needs pods"),
        ({"fault": "crash", "pods": "mysql"}, "a namespace and a name are needed"),
        ({"fault": "crash", "pod": "a/b", "pods": "a/b"}, "did you mean 'pods'?"),
        ({"fault": "crash", "pods": "a/b", "exit_code": 0}, "from 1 to 255"),
        ({"fault": "crash", "pods": "a/b", "after": "soon"}, "after of crash is 'soon'"),
        ({"fault": "quota", "namespace": "a", "hard": {"pods": "few"}}, "an amount is needed"),
        ({"fault": "quota", "namespace": "a", "hard": 3}, "amounts by resource"),
        ({"fault": "controller_hangs", "controller": "istio"}, "one of cert-manager"),
        ({"fault": "no_default_storage_class", "pods": "a/b"}, "takes nothing else"),
        ({"fault": "image_denied", "images": ["a"]}, "a text is needed"),
    ],
)
def test_what_is_no_fault_is_named(entry: Any, words: str) -> None:
    with pytest.raises(KwokError, match="faults\\[1\\]") as raised:
        told.faults([{"fault": "no_default_storage_class"}, entry])
    assert words in str(raised.value)


def test_what_is_told_is_what_is_read(tmp_path: Path) -> None:
    given = [
        {"fault": "crash", "pods": "kubeflow/mysql-*", "container": "main", "exit_code": "2", "log": "a\nb", "after": 3},
        {"fault": "quota", "namespace": "kubeflow", "hard": {"pods": 3}},
        {"fault": "node_small", "cpu": "500m"},
    ]
    path = tmp_path / "faults.json"
    path.write_text(told.content_of(told.faults(given)))
    assert faults.read(path) == (
        Fault("crash", pods="kubeflow/mysql-*", container="main", exit_code=2, log="a\nb", after=3.0),
        Fault("quota", namespace="kubeflow", hard=(("pods", "3"),)),
        Fault("node_small", cpu="500m"),
    )
    path.write_text("[{")
    assert faults.read(path) == ()
    assert faults.read(tmp_path / "none") == ()


def test_every_fault_is_known_on_both_sides_and_documented() -> None:
    documented = (ROLE / "README.md").read_text()
    module = yaml.safe_load((ROLE.parents[1] / "plugins/modules/kwok_cluster.py").read_text().split('r"""')[1].split('"""')[0])
    words = " ".join(module["options"]["faults"]["description"])
    for name, keys in told.KINDS.items():
        assert f"`{name}`" in documented
        assert f"C({name})" in words
        for key in keys:
            assert f"`{key}`" in documented
    assert set(faults.PULLS) | set(faults.ENDS) < set(told.KINDS)
    assert all(f"C({name})" in words and f"`{name}`" in documented for name in told.CONTROLLERS)


def of(tmp_path: Path, *entries: Thing) -> Faults:
    (tmp_path / "faults.json").write_text(json.dumps(entries))
    return Faults(tmp_path / "faults.json")


def test_what_a_fault_is_about(tmp_path: Path) -> None:
    some = of(tmp_path, {"fault": "crash", "pods": "a/x-*", "container": "m"}, {"fault": "image_denied", "images": "*/gone:*"})
    assert some.end("a", "x-1", "m")
    assert not some.end("a", "x-1", "istio-proxy")
    assert not some.end("b", "x-1", "m")
    assert (found := some.pull("e.org/gone:1"))
    assert found.fault == "image_denied"
    assert not some.pull("e.org/there:1")
    assert not some.unready("a", "x-1", "m")
    assert Faults(None).all == ()


@given(st.floats(0, 5000, allow_nan=False), st.floats(0.0, 100))
def test_a_container_that_ends_is_always_in_one_state_that_ends_later(now: float, after: float) -> None:
    at = back_off.crashing(Fault("crash", after=after), 0.0, now)
    assert at.until > now
    assert at.restarts >= 0
    assert (at.ended is None) == (at.state == "running")


def test_the_pauses_are_those_of_a_kubelet() -> None:
    assert [back_off.pause(attempt) for attempt in range(7)] == [10, 20, 40, 80, 160, 300, 300]
    seen = [(at.state, at.restarts) for now in range(0, 40) if (at := back_off.crashing(Fault("crash"), 0.0, float(now)))]
    # It runs for a second, is started anew at once, and only then backs off.
    assert seen[:6] == [("running", 0), ("terminated", 0), ("running", 1), ("terminated", 1), ("waiting", 1), ("waiting", 1)]
    assert seen[13] == ("running", 2)
    attempts = [(at.attempt, at.refused) for now in range(0, 32) if (at := back_off.pulling(0.0, float(now)))]
    assert attempts[:3] == [(0, True), (0, False), (0, False)]
    assert [index for index, (_attempt, refused) in enumerate(attempts) if refused] == [0, 10, 30]


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("e.org/a/b:1", "https://e.org/v2/a/b/manifests/1"),
        ("a", "https://registry-1.docker.io/v2/a/manifests/latest"),
        ("host:5000/a@sha256:0", "https://host:5000/v2/a/manifests/latest"),
    ],
)
def test_a_registry_is_named_as_the_runtime_does(image: str, words: str) -> None:
    assert words in refusal("rate_limited", image)


def test_logs(tmp_path: Path) -> None:
    def status(**state: Any) -> Thing:
        return {"status": {"containerStatuses": [{"name": "m", **state}]}}

    pods = {
        ("a", "bad"): status(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 1}}),
        ("a", "good"): status(state={"running": {}}),
        ("a", "slow"): status(state={"waiting": {"reason": "ContainerCreating"}}),
    }
    logs = Logs(of(tmp_path, {"fault": "crash", "pods": "a/bad", "log": "1\n2\n3"}), lambda namespace, name: pods.get((namespace, name)))
    assert logs("/containerLogs/a/bad/m") == (200, "1\n2\n3\n")
    assert logs("/containerLogs/a/bad/m?previous=true&tailLines=2") == (200, "2\n3\n")
    assert logs("/containerLogs/a/good/m") == (200, "")
    assert logs("/containerLogs/a/good/m?previous=true")[0] == 400
    assert logs("/containerLogs/a/slow/m") == (400, 'container "m" in pod "slow" is waiting to start: ContainerCreating')
    assert logs("/containerLogs/a/none/m")[0] == 404
    assert logs("/exec/a/bad/m")[0] == 404
