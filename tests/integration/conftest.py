# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the integration tests share: one embedded cluster, and ways to run modules and playbooks as a user does."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster_snapshot import snapshot

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok import processes
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Cluster as KwokCluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import Layout
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names

ROOT = Path(__file__).parents[2]
RELEASE_FILES = ROOT / "roles/kubeflow/vars"
Thing = dict[str, Any]
# All that there is a file of.
RELEASES: dict[str, Thing] = {name: read_release(RELEASE_FILES, name) for name in release_names(RELEASE_FILES)}
DEFAULT_RELEASE: str = yaml.safe_load((ROOT / "roles/kubeflow/defaults/main.yml").read_text())["kubeflow_release"]


def environment(**more: str) -> dict[str, str]:
    """The caller's, without what could name a cluster, and with the mirror where there is one."""
    cleared = {name: value for name, value in os.environ.items() if not name.startswith("K8S_AUTH_") and name != "KUBECONFIG"}
    mirror = os.environ.get("KUBEFLOW_MIRROR") or str(ROOT.parent / "shared/mirror")
    if "://" in mirror or Path(mirror).is_dir():
        cleared["KUBEFLOW_MIRROR"] = mirror
    return {**cleared, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", **more}


@pytest.fixture(scope="session")
def mirror() -> str:
    """The mirror beside the checkout or in KUBEFLOW_MIRROR, or an empty string: upstream itself."""
    return environment().get("KUBEFLOW_MIRROR", "")


@dataclass
class Ran:
    """A module that has run; its result by item: C(ran["changed"])."""

    returncode: int
    result: Thing
    stdout: str
    stderr: str

    def __getitem__(self, name: str) -> Any:
        return self.result[name]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


def run_module(
    name: str, arguments: Thing, *, check: bool = False, diff: bool = False, env: dict[str, str] | None = None, python: str = sys.executable
) -> Ran:
    """Run a module the way Ansible does on the machine it runs on: a process of its own, arguments by standard input, JSON back."""
    internals = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
    done = subprocess.run(
        [python, "-m", f"ansible_collections.mlplatform.kubeflow.plugins.modules.{name}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **internals}}),
        env=environment(PYTHONPATH=str(ROOT / ".collections"), **(env or {})),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    result = json.loads(done.stdout)
    documented = yaml.safe_load(importlib.import_module(f"ansible_collections.mlplatform.kubeflow.plugins.modules.{name}").RETURN)
    # Ansible tells the owner and mode of whatever a module calls path.
    told = set(result) - ({"owner", "group", "uid", "gid", "mode", "size", "state"} if "path" in documented else set())
    assert told <= {*documented, "changed", "failed", "msg", "invocation", "warnings", "deprecations", "diff", "exception"}
    if not result.get("failed"):
        assert set(result) >= {key for key, entry in documented.items() if entry["returned"] in ("always", "success")}
    return Ran(done.returncode, result, done.stdout, done.stderr)


@dataclass
class Played:
    """A playbook that has run."""

    returncode: int
    output: str

    @property
    def recap(self) -> dict[str, int]:
        """The counts of the last line: ok, changed, failed ... of the only host."""
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", self.output.rsplit("PLAY RECAP", 1)[-1])}

    @property
    def words(self) -> str:
        """The output on one line: messages are wrapped at some column."""
        return " ".join(self.output.split())


def run_playbook(*arguments: str | Path, env: dict[str, str] | None = None, seconds: float = 900) -> Played:
    """ansible-playbook in the checkout.

    :arg seconds: until it counts as hanging. The first one that needs a program may have to build it, beside other tests.
    """
    command = [str(Path(sys.executable).with_name("ansible-playbook")), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment(**(env or {})), capture_output=True, text=True, check=False, timeout=seconds)
    return Played(done.returncode, done.stdout + done.stderr)


def inventory(folder: Path, name: str, **variables: Any) -> Path:
    """An inventory of one cluster, as the examples in inventories/ are."""
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "kubeflow_work_directory": str(folder / "work"),
        **variables,
    }
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump({"kubeflow": {"hosts": {name: None}, "vars": variables}}))
    return path


def write_plan(folder: Path, /, **parts: list[Thing]) -> str:
    """A plan as M(mlplatform.kubeflow.render) writes it; the path as text, for a module."""
    for name, objects in parts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "objects.json").write_text(json.dumps(objects))
    (folder / "plan.json").write_text(json.dumps({"release": "test", "parts": list(parts)}))
    return str(folder)


class Cluster:
    """The embedded cluster, by its API, and modules that are pointed at it."""

    def __init__(self, kubeconfig: Path, hosts: Path) -> None:
        self.kubeconfig, self.hosts = kubeconfig, hosts
        self.client: Client = connect({"kubeconfig": str(kubeconfig)})
        (self.name,) = yaml.safe_load(hosts.read_text())["kubeflow"]["hosts"]

    def get(self, path: str) -> Thing | None:
        """An object by its path, or None."""
        try:
            found: Thing = self.client.get(path)
        except ApiError as error:
            if error.status != 404:
                raise
            return None
        return found

    def create(self, collection: str, item: Thing) -> Thing:
        """POST, as a user with kubectl create."""
        made: Thing = self.client.request("POST", collection, body=item)
        return made

    def patch(self, path: str, change: Thing, manager: str = "somebody") -> Thing:
        """A merge patch, as a user with kubectl patch."""
        changed: Thing = self.client.request(
            "PATCH", path, query={"fieldManager": manager}, body=change, content_type="application/merge-patch+json"
        )
        return changed

    def delete(self, path: str) -> None:
        try:
            self.client.request("DELETE", path)
        except ApiError as error:
            if error.status != 404:
                raise

    def refusal(self, method: str, path: str, **query: str) -> str:
        """What the API server says instead of doing it; empty when it does."""
        try:
            self.client.request(method, path, query=query)
        except ApiError as error:
            return error.message
        return ""

    def module(self, name: str, arguments: Thing, **how: Any) -> Ran:
        """Run a module of the collection on this cluster."""
        return run_module(name, {"kubeconfig": str(self.kubeconfig), **arguments}, **how)

    def apply(self, plan: str, **arguments: Any) -> Ran:
        """Run module apply."""
        how = {name: arguments.pop(name) for name in ("check", "diff") if name in arguments}
        return self.module("apply", {"plan": plan, "timeout": 180, "stall_timeout": 60, **arguments}, **how)

    def ready(self, plan: str, **arguments: Any) -> Ran:
        how = {name: arguments.pop(name) for name in ("check",) if name in arguments}
        return self.module("ready", {"plan": plan, "timeout": 180, "stall_timeout": 60, **arguments}, **how)


@functools.cache
def binary_paths(*wanted: tuple[str, str]) -> dict[str, str]:
    """Paths of binaries (name and version) by name, from role binary and its cache."""
    with tempfile.TemporaryDirectory() as folder:
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.include_role": {"name": "mlplatform.kubeflow.binary"}},
                {"ansible.builtin.copy": {"content": "{{ binary_paths | to_json }}", "dest": f"{folder}/paths", "mode": "0600"}},
            ],
            "vars": {
                "binary_wanted": [{"name": name, "version": version} for name, version in wanted],
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
            },
        }
        (Path(folder) / "play.yml").write_text(yaml.safe_dump([play]))
        played = run_playbook("-i", "localhost,", f"{folder}/play.yml", seconds=1800)
        assert played.returncode == 0, played.output
        found: dict[str, str] = json.loads((Path(folder) / "paths").read_text())
        return found


def _by_role(variables: Thing, kubeconfig: Path) -> Wanted:
    """What role cluster_kwok would make of the variables of an inventory."""
    defaults = yaml.safe_load((ROOT / "roles/cluster_kwok/defaults/main.yml").read_text())
    tested = RELEASES[variables.get("kubeflow_release", DEFAULT_RELEASE)]["kubernetes"]["tested"]
    version = variables.get("kubeflow_cluster_kubernetes_version", tested)
    programs = [("kwokctl", defaults["cluster_kwok_kwok_version"]), ("kwok", defaults["cluster_kwok_kwok_version"])]
    programs += [("etcd", defaults["cluster_kwok_etcd_version"])]
    programs += [(program, version) for program in ("kubectl", "kube-apiserver", "kube-controller-manager", "kube-scheduler")]
    standins = ROOT / "roles/cluster_kwok/files/standins"
    return Wanted(version, defaults["cluster_kwok_nodes"], kubeconfig, binary_paths(*programs), standins, sys.executable)


@contextlib.contextmanager
def embedded_cluster(folder: Path, name: str, **variables: Any) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """Kubeconfig, inventory and environment of an embedded cluster.

    It is made by the playbook that users run where its settings are for their role, and as that one makes it, but quicker, otherwise.
    """
    kubeconfig = folder / "kubeconfig"
    hosts = inventory(folder, name, kubeflow_cluster_provider="kwok", kubeflow_kubeconfig=str(kubeconfig), **variables)
    own_state = {"XDG_STATE_HOME": str(folder / "state")}
    made = KwokCluster(Layout(folder / "state/mlplatform.kubeflow", name))
    try:
        # Here, too, for its programs: a Kubernetes that has to be built first takes longer than any playbook may.
        wanted = _by_role(variables, kubeconfig)
        if any(setting.startswith("cluster_kwok_") for setting in variables):
            played = run_playbook("-i", hosts, "playbooks/cluster.yml", env=own_state)
            assert played.returncode == 0, played.output
        else:
            made.present(wanted, 120)
        yield kubeconfig, hosts, own_state
    finally:
        made.absent(kubeconfig)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One embedded cluster for all tests."""
    with embedded_cluster(tmp_path_factory.mktemp("cluster"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, _state):
        yield Cluster(kubeconfig, hosts)


class SpareCluster(Cluster):
    """A cluster that a test may break."""

    def __init__(self, kubeconfig: Path, hosts: Path, state: dict[str, str]) -> None:
        super().__init__(kubeconfig, hosts)
        self.state = state
        self._recognise = KwokCluster(Layout(Path(state["XDG_STATE_HOME"]) / "mlplatform.kubeflow", self.name)).recognise

    def kill(self, component: str) -> None:
        """As kill -9 does."""
        pids = processes.running(self._recognise)[component]
        assert not processes.end(pids, self._recognise, 10)

    def repair(self) -> None:
        """As a user does."""
        repaired = run_playbook("-i", self.hosts, "playbooks/cluster.yml", env=self.state)
        assert repaired.returncode == 0, repaired.output


@pytest.fixture(scope="session")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareCluster]:
    """One more embedded cluster, for what would disturb the others' tests."""
    with embedded_cluster(tmp_path_factory.mktemp("spare"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        yield SpareCluster(kubeconfig, hosts, state)


class ReleaseCluster(Cluster):
    """A cluster of the Kubernetes version that a release is tried with, and the release on it, installed as users do."""

    def __init__(self, kubeconfig: Path, hosts: Path, state: dict[str, str], release: str) -> None:
        super().__init__(kubeconfig, hosts)
        self.release, self.state = release, state
        self.facts = RELEASES[release]
        self.plan = hosts.parent / "work/plan"
        """Folder of the rendered objects."""
        self.before = snapshot(self)
        """What was there before the install."""
        installed = self.play("site")
        assert installed.returncode == 0, installed.output

    def play(self, playbook: str, *arguments: str) -> Played:
        """Run a playbook. An install takes half a minute on a machine of its own."""
        return run_playbook("-i", self.hosts, f"playbooks/{playbook}.yml", *arguments, env=self.state)


@pytest.fixture(scope="session", params=RELEASES)
def release_cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReleaseCluster]:
    """Each release. Nothing that is there is to be changed, but by the last test, which removes it (tests/conftest.py)."""
    folder = tmp_path_factory.mktemp("release")
    with embedded_cluster(folder, f"pytest-{secrets.token_hex(4)}", kubeflow_release=request.param) as (kubeconfig, hosts, state):
        yield ReleaseCluster(kubeconfig, hosts, state, request.param)


def token_of(cluster: Cluster, name: str, rules: list[Thing]) -> str:
    """A token of a ServiceAccount, in a namespace of its own, that may do what the rules say in all namespaces."""
    cluster.create("/api/v1/namespaces", {"metadata": {"name": f"{name}-account"}})
    cluster.create(f"/api/v1/namespaces/{name}-account/serviceaccounts", {"metadata": {"name": name}})
    cluster.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {"metadata": {"name": name}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": f"{name}-account"}
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    cluster.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    path = f"/api/v1/namespaces/{name}-account/serviceaccounts/{name}/token"
    return str(cluster.create(path, {"spec": {"expirationSeconds": 3600}})["status"]["token"])


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A name for a namespace of the test's own; nothing is made. Everything goes with the cluster."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")[:40]
    return f"{words}-{secrets.token_hex(2)}"


@pytest.fixture
def group() -> str:
    """An API group of the test's own."""
    return f"{secrets.token_hex(3)}.example.com"


@pytest.fixture(scope="session")
def binary() -> Callable[[str, str], str]:
    """Path of a binary at a version, from role binary and its cache."""
    return lambda name, version: binary_paths((name, version))[name]
