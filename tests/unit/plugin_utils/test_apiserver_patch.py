# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The patch on a recorded machine: the order of things, what is refused before anything is written, and what is put back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.distributions import MANIFEST
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.errors import NodeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.manifest import read_manifest
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.token_request import Wish
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils import apiserver_patch
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.api_server import Issued
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.apiserver_patch import ApiserverPatch, How
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.node import Seen

TEXT = """\
kind: Pod
spec:
  containers:
  - command:
    - kube-apiserver
    - --service-account-key-file=/etc/kubernetes/pki/sa.pub
    name: kube-apiserver
    volumeMounts: [{name: k, mountPath: /etc/kubernetes/pki}]
  volumes: [{name: k, hostPath: {path: /etc/kubernetes/pki}}]
"""


class Machine:
    """A machine whose kubelet restarts kube-apiserver at once; with C(bad) the new one ends by itself."""

    def __init__(self, text: str = TEXT, *, bad: bool = False, stuck: bool = False) -> None:
        self.text, self.bad, self.stuck = text, bad, stuck
        self.seen = Seen(allowed=True, hostname="a", paths=frozenset({MANIFEST}), kubelet=True)
        self.running: list[list[str]] = [list(read_manifest(text, "m").words)] if "kube-apiserver\n" in text else []
        self.done: list[str] = []
        self.logs: list[str] = []
        self.fails: Mapping[str, str] = {}
        self.cut = False

    def look(self, paths: Sequence[str], manifest: str) -> Seen:
        return self.seen

    def read(self, path: str) -> bytes:
        return self.text.encode()

    def exists(self, path: str) -> bool:
        return path.endswith("sa.key")

    def check_pair(self, signing: str, verifying: Sequence[str]) -> bool:
        self.done.append(f"compared {signing}")
        return True

    def command_lines(self) -> list[list[str]]:
        return self.running

    def pod_logs(self, folder: str) -> list[str]:
        if self.bad and "signing" in self.text:
            self.logs.append(f"{folder}/kube-system_kube-apiserver-x/kube-apiserver/{len(self.logs)}.log")
        return list(self.logs)

    def last_lines(self, path: str) -> list[str]:
        return ["E1127 broken"]

    def run(self, script: str, doing: str) -> str:
        what = doing.split(" ")[0]
        self.done.append({"Writing": "back-up" if "back-up" in doing else "wrote", "Putting": "put back"}[what])
        if self.done[-1] in self.fails:
            raise NodeError(f"{doing}: {self.fails[self.done[-1]]}")
        if self.done[-1] == "wrote":
            self.text = self.new
            if self.cut:
                raise AnsibleConnectionFailure("closed")
        elif self.done[-1] == "put back":
            self.text = TEXT
        if self.done[-1] != "back-up" and not self.stuck:
            self.running = [] if self.bad and self.text != TEXT else [list(read_manifest(self.text, "m").words)]
        return ""

    @property
    def new(self) -> str:
        lines = ["issuer=https://kubernetes.default.svc.cluster.local", "signing-key-file=/etc/kubernetes/pki/sa.key"]
        first, last = (f"    - --service-account-{line}\n" for line in lines)
        key = "    - --service-account-key-file=/etc/kubernetes/pki/sa.pub\n"
        return TEXT.replace(key, key + last).replace("    - kube-apiserver\n", "    - kube-apiserver\n" + first)


class Api:
    """Whose answers are those of the machine's kube-apiserver, or of another one's.

    C(unpatched): other control planes that still lack the flags. C(balancer): to whose each new connection leads.
    """

    def __init__(self, machine: Machine, nodes: Sequence[str] = ("a",)) -> None:
        self.machine, self.up = machine, dict.fromkeys(nodes, True)
        self.kept = ""
        self.away = self.refuses = False
        self.unpatched: set[str] = set()
        self.own = self.connected = nodes[0]
        self.balancer: Iterator[str] = itertools.repeat(self.own)

    def anew(self) -> Api:
        self.connected = next(self.balancer)
        return self

    def ready(self) -> bool:
        return bool(self.machine.running) and not self.away

    def serves_token_requests(self, deadline: Deadline | None = None) -> bool:
        return any("signing" in word for word in self._words(self.connected))

    def _words(self, node: str) -> list[str]:
        if node == self.own:
            return self.machine.running[0] if self.machine.running else []
        return list(read_manifest(TEXT if node in self.unpatched else self.machine.new, "m").words)

    def issue(self, deadline: Deadline | None = None) -> Issued:
        if not self.serves_token_requests():
            raise ApiError(404, "the server could not find the requested resource")
        if self.refuses:
            raise NodeError("The API server does not accept a token that it issued")
        return Issued("https://kubernetes.default.svc.cluster.local", ("https://kubernetes.default.svc.cluster.local",))

    def nodes(self) -> list[dict[str, Any]]:
        labels = {"node-role.kubernetes.io/control-plane": ""}
        return [{"metadata": {"name": name, "labels": labels}, "status": self._status(name)} for name in self.up]

    def server_pod(self, node: str) -> dict[str, Any]:
        containers = [{"name": "kube-apiserver", "command": self._words(node)}]
        return {"metadata": {"name": f"kube-apiserver-{node}"}, "spec": {"containers": containers}, "status": self._status(node)}

    def _status(self, name: str) -> dict[str, Any]:
        return {"conditions": [{"type": "Ready", "status": str(self.up[name])}]}

    def kubeadm_configuration(self) -> str | None:
        return "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n"

    def keep(self, configuration: str) -> None:
        self.machine.done.append("kept")
        self.kept = configuration


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apiserver_patch, "_PAUSE", 0.01)
    monkeypatch.setattr(apiserver_patch, "_LONGEST_PAUSE", 0.01)


def patch(
    machine: Machine, api: Api | None = None, *, check: bool = False, timeout: int = 4, version: str = "v1.19.16", **wish: Any
) -> ApiserverPatch:
    how = How(MANIFEST, "/etc/kubernetes/back-ups", "/var/log/pods", "", True, timeout)
    return ApiserverPatch(machine, api or Api(machine), version, Wish(**wish), how, check=check)  # type: ignore[arg-type]


def refused(machine: Machine, api: Api | None = None, **more: Any) -> str:
    """Why nothing is begun; and that nothing was written."""
    made = patch(machine, api, **more)
    with pytest.raises(NodeError) as error:
        made.run()
    assert not {"back-up", "wrote", "kept"} & set(machine.done)
    assert not made.outcome.changed and not made.outcome.rolled_back
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_order_is_keys_back_up_manifest_and_then_what_kubeadm_keeps() -> None:
    machine = Machine()
    made = patch(machine)
    made.run()
    assert machine.done == ["compared /etc/kubernetes/pki/sa.key", "back-up", "wrote", "kept"]
    assert made.outcome.changed and made.outcome.kubeadm_config and made.outcome.issuer.startswith("https://")
    assert made.outcome.backup.startswith("/etc/kubernetes/back-ups/kube-apiserver.yaml.")


def test_check_mode_writes_nothing_and_tells_the_same() -> None:
    machine = Machine()
    made = patch(machine, check=True)
    made.run()
    assert machine.done == ["compared /etc/kubernetes/pki/sa.key"] and machine.text == TEXT
    assert made.outcome.changed and len(made.outcome.diff) == 2 and "would have" in made.outcome.msg
    assert made.outcome.diff[0]["after"] == machine.new


def test_a_process_that_ends_by_itself_is_put_back_with_what_it_logged() -> None:
    machine = Machine(bad=True)
    made = patch(machine)
    with pytest.raises(
        NodeError, match=r"ended 2 times by itself. It logged: E1127 broken. The manifest was put back, and the API answers as before"
    ):
        made.run()
    assert machine.done[1:] == ["back-up", "wrote", "put back"] and machine.text == TEXT
    assert made.outcome.rolled_back and not made.outcome.changed


def test_a_kubelet_that_does_not_restart_it_is_not_taken_for_a_success() -> None:
    """The old process answers /readyz all the time."""
    machine = Machine(stuck=True)
    with pytest.raises(NodeError, match="the timeout, and the kubelet has not restarted it"):
        patch(machine, timeout=1).run()
    assert machine.text == TEXT


def test_a_back_up_or_manifest_that_cannot_be_written_leaves_the_old_one() -> None:
    for step in ("back-up", "wrote"):
        machine = Machine()
        machine.fails = {step: "No space left on device"}
        with pytest.raises(NodeError, match=r"(nothing is changed|it is as it was): No space left"):
            patch(machine).run()
        assert machine.text == TEXT and "kept" not in machine.done and "put back" not in machine.done


def test_a_connection_that_is_lost_while_writing_leaves_the_old_manifest() -> None:
    machine = Machine()
    machine.cut = True
    with pytest.raises(NodeError, match=r"The connection was lost while .* was written: closed. The manifest was put back"):
        patch(machine).run()
    assert machine.text == TEXT


@pytest.mark.parametrize("unread", [NodeError("the machine's shell does not answer"), AnsibleConnectionFailure("closed")])
@pytest.mark.parametrize("back", [True, False])
@pytest.mark.usefixtures("at_once")
def test_what_may_be_written_and_cannot_be_read_is_put_back_or_it_is_said_how(unread: Exception, back: bool) -> None:
    """The file is renamed, and the machine falls silent before it says so."""
    machine = Machine()
    machine.fails = {"wrote": "no answer"} if back else {"wrote": "no answer", "put back": "no answer"}
    read = machine.read

    def silent(path: str) -> bytes:
        if "wrote" in machine.done:
            raise unread
        return read(path)

    machine.read = silent  # type: ignore[method-assign]
    made = patch(machine, timeout=1)
    with pytest.raises(NodeError, match=r"no answer. The manifest was put back" if back else "Put it back by hand: cp ") as error:
        made.run()
    assert made.outcome.rolled_back is back and "put back" in machine.done
    assert back or f"cp {made.outcome.backup} {MANIFEST}" in str(error.value)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"allowed": False}, "needs root on the machine: set become: true"),
        ({"kubelet": False}, "No kubelet is running"),
        ({"hostname": "a"}, ""),
    ],
)
def test_a_machine_that_is_not_fit_is_refused(seen: dict[str, Any], why: str) -> None:
    machine = Machine()
    machine.seen = Seen(**{"allowed": True, "hostname": "a", "paths": frozenset({MANIFEST}), "kubelet": True, **seen})
    if why:
        assert why in refused(machine)
    else:
        patch(machine).run()


def test_with_two_control_planes_of_which_one_is_down_nothing_is_begun() -> None:
    machine = Machine()
    api = Api(machine, ("a", "b"))
    api.up["b"] = False
    assert "Another control plane is down: b (the node is not Ready)" in refused(machine, api)
    api.up["b"] = True
    patch(machine, api).run()
    assert machine.done[-1] == "kept"


def first_of_two(machine: Machine, *led_to: str) -> Api:
    """A cluster whose kept connection leads to the other control plane, which is not patched yet, and new ones in turn to those named."""
    api = Api(machine, ("a", "b"))
    api.unpatched, api.connected, api.balancer = {"b"}, "b", itertools.cycle(led_to)
    return api


@pytest.mark.usefixtures("at_once")
def test_a_control_plane_that_has_still_to_be_patched_is_not_asked_again_and_again() -> None:
    """It answers 404 to a TokenRequest and keeps the connection."""
    machine = Machine()
    made = patch(machine, first_of_two(machine, "b", "a"))
    made.run()
    assert machine.done[-1] == "kept" and machine.text == machine.new and made.outcome.warnings == []


@pytest.mark.usefixtures("at_once")
def test_where_only_such_control_planes_answer_it_is_said_that_tokens_are_not_checked() -> None:
    machine = Machine()
    made = patch(machine, first_of_two(machine, "b"))
    made.run()
    assert machine.done[-1] == "kept" and machine.text == machine.new
    (warning,) = made.outcome.warnings
    assert "led to others, of which b cannot issue tokens yet. Patch those too; with the last one tokens are checked" in warning
    # So it is when it is run again, on the way to the others.
    again = patch(machine, first_of_two(machine, "b"))
    again.run()
    assert again.outcome.warnings == [warning]


@pytest.mark.usefixtures("at_once")
def test_tokens_that_this_control_plane_refuses_are_a_fault_whatever_others_answer() -> None:
    machine = Machine()
    api = first_of_two(machine, "b", "a", *["b"] * 50)
    api.refuses = True
    made = patch(machine, api, timeout=1)
    with pytest.raises(NodeError, match="The manifest was put back"):
        made.run()
    assert machine.text == TEXT and made.outcome.rolled_back and made.outcome.warnings == []


@pytest.mark.usefixtures("at_once")
def test_with_the_last_control_plane_tokens_have_to_work() -> None:
    machine = Machine()
    api = Api(machine, ("a", "b"))
    # Its flags are there, and it answers as if they were not.
    api.serves_token_requests = lambda deadline=None: False  # type: ignore[method-assign]
    with pytest.raises(NodeError, match=r"the API server that answers does not serve TokenRequest.* The manifest was put back"):
        patch(machine, api, timeout=1).run()
    assert machine.text == TEXT


def test_a_machine_that_is_none_of_several_nodes_is_refused() -> None:
    machine = Machine()
    assert "cannot be told by its host name a" in refused(machine, Api(machine, ("x", "y")))


def test_an_api_that_is_down_already_or_another_process_is_refused() -> None:
    machine = Machine()
    api = Api(machine)
    api.away = True
    assert "The API server is not ready now" in refused(machine, api)
    machine.running = [["kube-apiserver", "--other"]]
    assert "No kube-apiserver with the command line of" in refused(machine)


def test_a_key_that_the_container_does_not_see_is_refused() -> None:
    assert "does not see /root/sa.key: the folders of the machine that it sees are /etc/kubernetes/pki" in refused(
        Machine(), signing_key_file="/root/sa.key"
    )


def test_a_manifest_that_is_none_is_refused() -> None:
    for text in ("kind: [", "\udcff", "x" * 30_000):
        machine = Machine()
        machine.text = text
        machine.read = lambda path, text=text: text.encode(errors="surrogateescape")  # type: ignore[method-assign,misc]
        assert "is not YAML" in refused(machine) or len(text) > 1000


def elsewhere(version: str, *, tokens: bool, mark: str = "/etc", **wish: Any) -> ApiserverPatch:
    machine = Machine()
    machine.seen = Seen(allowed=False, hostname="a", paths=frozenset({mark}), kubelet=False)
    machine.running = [["--signing"]] if tokens else []
    made = patch(machine, version=version, **wish)
    made.run()
    assert machine.done == []
    return made


def test_where_there_is_no_manifest_nothing_is_needed_or_a_person_is_told_what_to_do() -> None:
    made = elsewhere("v1.33.5+k3s1", tokens=True)
    assert made.outcome.distribution == "k3s" and not made.outcome.changed and "nothing is needed (k3s)" in made.outcome.msg
    with pytest.raises(
        NodeError, match=r"has not what is wanted \(api-audiences\), and this is k3s.*kube-apiserver-arg: \[api-audiences=https:.*,x\]"
    ):
        elsewhere("v1.33.5+k3s1", tokens=True, api_audiences=("x",))
    with pytest.raises(NodeError, match=r"\(service-account-issuer\), and this is GKE. .* cannot be changed"):
        elsewhere("v1.33.5-gke.1", tokens=True, issuer="https://other")
    with pytest.raises(NodeError, match="TokenRequest does not work, and this is unknown"):
        elsewhere("v1.19.16", tokens=False)
    with pytest.raises(
        NodeError, match=r"TokenRequest does not work, and this is minikube.*signing-key-file=/var/lib/minikube/certs/sa.key --"
    ):
        elsewhere("v1.19.16", tokens=False, mark="/var/lib/minikube/certs")
