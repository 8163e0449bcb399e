# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The patch of kube-apiserver: a real API server and etcd, whose static pod a small kubelet runs as a process of this machine."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Played, run_playbook
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client

NEW, OLD = "1.34.4", "1.21.14"
FIRST_ISSUER, ISSUER = "https://kubernetes.default.svc", "https://issuer.example.com"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Machine:
    """A control plane in a folder."""

    def __init__(self, folder: Path, etcd: str, apiserver: str) -> None:
        self.folder, self.etcd = folder, etcd
        self.manifest, self.logs, self.backups = folder / "manifests/kube-apiserver.yaml", folder / "pods", folder / "backups"
        self.manifest.parent.mkdir()
        for command in (
            ["genrsa", "-out", "sa.key", "2048"],
            ["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"],
            ["genrsa", "-out", "other.key"],
        ):
            subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
        (folder / "tokens.csv").write_text('letmein,admin,admin,"system:masters"\n')
        self.etcd_port, self.port = free_port(), free_port()
        flags = {
            "etcd-servers": f"http://127.0.0.1:{self.etcd_port}",
            "secure-port": self.port,
            "bind-address": "127.0.0.1",
            "cert-dir": folder / "certificates",
            "authorization-mode": "RBAC",
            "token-auth-file": folder / "tokens.csv",
            "service-cluster-ip-range": "10.0.0.0/24",
            "service-account-issuer": FIRST_ISSUER,
            "service-account-key-file": folder / "sa.pub",
            "service-account-signing-key-file": folder / "sa.key",
        }
        command = "\n".join(f"    - --{name}={value}" for name, value in flags.items())
        self.manifest.write_text(
            f"# Kept.\nkind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n    command:\n    - {apiserver}\n{command}\n"
            f"    volumeMounts: [{{name: all, mountPath: {folder}}}]\n  volumes: [{{name: all, hostPath: {{path: {folder}}}}}]\n"
        )
        self.manifest.chmod(0o600)
        cluster = {"server": f"https://127.0.0.1:{self.port}", "insecure-skip-tls-verify": True}
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "clusters": [{"name": "c", "cluster": cluster}],
                    "users": [{"name": "u", "user": {"token": "letmein"}}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "x",
                }
            )
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[Machine]:
        """With its processes."""
        # A kubelet by its name, as the kernel has it.
        kubelet = self.folder / "kubelet"
        kubelet.write_text(f"#!{sys.executable}\n" + (Path(__file__).parent / "kubelet.py").read_text())
        kubelet.chmod(0o700)
        urls = [f"--listen-client-urls=http://127.0.0.1:{self.etcd_port}", f"--advertise-client-urls=http://127.0.0.1:{self.etcd_port}"]
        peers = ["--listen-peer-urls=http://127.0.0.1:0", "--unsafe-no-fsync", "--log-level=fatal", f"--data-dir={self.folder}/etcd"]
        started = []
        try:
            started.append(subprocess.Popen([self.etcd, *urls, *peers]))
            started.append(subprocess.Popen([kubelet, self.manifest, self.logs]))
            until(self.ready, 60)
            until(self.account, 30)
            yield self
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(30)

    @property
    def client(self) -> Client:
        return connect({"kubeconfig": str(self.kubeconfig)})

    def ready(self) -> bool:
        try:
            self.client.get("/readyz")
        except ApiError as error:
            return error.status == 200
        return True

    def account(self) -> bool:
        """What kube-controller-manager would make."""
        try:
            self.client.request("POST", "/api/v1/namespaces/kube-system/serviceaccounts", body={"metadata": {"name": "default"}})
        except ApiError as error:
            return error.status == 409
        return True

    def token(self) -> str:
        asked = {"spec": {"expirationSeconds": 3600}}
        answer = self.client.request("POST", "/api/v1/namespaces/kube-system/serviceaccounts/default/token", body=asked)
        return str(answer["status"]["token"])

    def accepts(self, token: str) -> bool:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        status = self.client.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body=review)["status"]
        return bool(status.get("authenticated"))

    def patch(self, *arguments: str, hosts: dict[str, Any] | None = None, **settings: Any) -> Played:
        """The role, as a play of a user's."""
        variables = {
            "ansible_connection": "local",
            "apiserver_patch_kubeconfig": str(self.kubeconfig),
            "apiserver_patch_manifest": str(self.manifest),
            "apiserver_patch_backup_folder": str(self.backups),
            "apiserver_patch_pod_logs": str(self.logs),
            **{f"apiserver_patch_{name}": value for name, value in settings.items()},
        }
        return self.play({"kube_control_plane": {"hosts": hosts or {"node": {}}, "vars": variables}}, *arguments)

    def play(self, hosts: dict[str, Any], *arguments: str) -> Played:
        inventory = self.folder / "hosts.yml"
        inventory.write_text(yaml.safe_dump(hosts))
        return run_playbook(
            "-i", inventory, "playbooks/nodes.yml", "--tags", "apiserver_patch", "-e", "ansible_become=false", "-vvv", *arguments
        )


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, binary: Callable[[str, str], str]) -> Iterator[Machine]:
    with Machine(tmp_path_factory.mktemp("new"), binary("etcd", "3.6.5"), binary("kube-apiserver", NEW)).running() as made:
        yield made


def test_nothing_is_changed_where_nothing_is_needed(machine: Machine) -> None:
    before = machine.manifest.stat()
    played = machine.patch()
    assert played.recap["changed"] == 0 and played.returncode == 0, played.output
    assert "nothing is changed" in played.words
    assert machine.manifest.stat() == before and not machine.backups.exists()


def test_control_planes_come_one_after_the_other_and_none_after_one_that_failed(machine: Machine) -> None:
    played = machine.patch(hosts={"cp1": {}, "cp2": {"apiserver_patch_issuer": "two words"}, "cp3": {}})
    assert played.returncode != 0 and "service_account_issuer is 'two words'" in played.words
    done = played.output.split("PLAY [Control planes]", 1)[1].split("PLAY RECAP")[0]
    assert "ok: [cp1]" in done and "[cp3]" not in done
    assert done.rindex("ok: [cp1]") < done.index("[cp2]")


def test_what_is_not_said_is_asked_for(machine: Machine) -> None:
    """A cluster, and a group."""
    unnamed = machine.play({"kube_control_plane": {"hosts": {"node": {"ansible_connection": "local"}}}})
    assert unnamed.returncode != 0 and "apiserver_patch_kubeconfig" in unnamed.words
    other = machine.play({"kubeflow": {"hosts": {"node": {"ansible_connection": "local"}}}})
    assert other.returncode != 0 and "no machines in the groups" in other.words


def test_an_audience_is_added_with_text_for_a_list_and_a_second_run_changes_nothing(machine: Machine) -> None:
    before = machine.manifest.read_text()
    told = machine.patch("--check", "--diff", api_audiences="istio-ca")
    assert told.recap["changed"] == 1 and f"+    - --api-audiences={FIRST_ISSUER},istio-ca" in told.output, told.output
    assert machine.manifest.read_text() == before
    token = machine.token()
    played = machine.patch(api_audiences="istio-ca", timeout="120")
    assert played.recap["changed"] == 1 and played.returncode == 0, played.output
    line = f"    - --api-audiences={FIRST_ISSUER},istio-ca\n"
    after = machine.manifest.read_text()
    assert line in after and after.replace(line, "") == before
    assert machine.accepts(token)
    (backup,) = machine.backups.iterdir()
    assert backup.read_text() == before
    assert (backup.stat().st_mode & 0o777, machine.manifest.stat().st_mode & 0o777) == (0o600, 0o600)
    assert [path.name for path in machine.manifest.parent.iterdir()] == [machine.manifest.name]
    assert machine.patch(api_audiences=["istio-ca"]).recap["changed"] == 0


def test_another_issuer_keeps_old_tokens_valid(machine: Machine) -> None:
    token = machine.token()
    played = machine.patch(issuer=ISSUER, timeout=120)
    assert played.recap["changed"] == 1 and played.returncode == 0, played.output
    assert machine.accepts(token) and machine.accepts(machine.token())
    assert machine.patch(issuer=ISSUER).recap["changed"] == 0
    assert machine.patch().recap["changed"] == 0


def test_a_key_that_ends_the_process_is_taken_back_by_itself(machine: Machine) -> None:
    before, token = machine.manifest.read_bytes(), machine.token()
    played = machine.patch(signing_key_file=f"{machine.folder}/none.key", check_keys=False, timeout=60)
    assert played.returncode != 0 and "rolled_back: true" in played.output
    assert "none.key: no such file or directory" in played.words and "nothing is changed" in played.words
    assert machine.manifest.read_bytes() == before
    assert machine.ready() and machine.accepts(token)


def test_a_key_that_tokens_are_not_verified_with_is_refused_before_anything_is_written(machine: Machine) -> None:
    before = machine.manifest.stat()
    played = machine.patch(signing_key_file=f"{machine.folder}/other.key")
    assert "is not the pair of the key that tokens are verified with" in played.words and played.returncode != 0
    assert machine.manifest.stat() == before
    # Nor is it seen by those who read along, but for its public part.
    private = (machine.folder / "other.key").read_text().split("\n")
    assert not any(line in played.output for line in private[8:-2])


def test_one_issuer_is_not_replaced_where_that_ends_tokens(tmp_path: Path, binary: Callable[[str, str], str]) -> None:
    with Machine(tmp_path, binary("etcd", "3.6.5"), binary("kube-apiserver", OLD)).running() as machine:
        assert machine.patch().recap["changed"] == 0
        refused = machine.patch(issuer=ISSUER)
        assert refused.returncode != 0 and "accepts one only" in refused.words
        token = machine.token()
        replaced = machine.patch(issuer=ISSUER, replace_issuer="yes", timeout=120)
        assert replaced.returncode == 0, replaced.output
        assert not machine.accepts(token) and machine.accepts(machine.token())
