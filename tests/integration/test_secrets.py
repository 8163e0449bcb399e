# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run must not show to anybody, and what it must not do with credentials that are not enough."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Cluster, SpareCluster, inventory, run_module, run_playbook, token_of, write_plan
from faulty_proxy import FaultyProxy

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root

EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
# Unlike a Secret, they may be read by all.
LOOK = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]


def kubeconfig_of(folder: Path, server: str, **user: str) -> Path:
    path = folder / "named.kubeconfig"
    cluster = {"server": server, "insecure-skip-tls-verify": True}
    content = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **content}))
    return path


def in_other_words(text: str) -> set[str]:
    """A secret as it is, and as a Secret or a kubeconfig holds it."""
    return {text, base64.b64encode(text.encode()).decode()}


def exposed(root: Path) -> Iterator[str]:
    """Contents of the files below a folder that its owner is not alone to read."""
    for path, folders, names in os.walk(root):
        with contextlib.suppress(OSError):
            folders[:] = [name for name in folders if (Path(path) / name).stat().st_mode & 0o055]
        for file in (Path(path) / name for name in names):
            with contextlib.suppress(OSError):
                if file.lstat().st_mode & 0o044 and file.is_file():
                    yield file.read_bytes().decode(errors="replace")


class Onlooker(threading.Thread):
    """Somebody else on the machine, who looks at command lines and into files for temporary use, again and again."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(daemon=True)
        self._scratch, self._over = scratch, threading.Event()
        self.commands: set[str] = set()
        self.contents: set[str] = set()

    def run(self) -> None:
        while not self._over.wait(0.1):
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    with contextlib.suppress(OSError):
                        self.commands.add((entry / "cmdline").read_bytes().decode(errors="replace"))
            self.contents.update(exposed(self._scratch))

    def __enter__(self) -> Onlooker:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self.join()


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """Where Ansible and Python keep files for temporary use, open to others as such folders are."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    before = os.umask(0o022)
    yield folder
    os.umask(before)


def install_seen(folder: Path, scratch: Path, texts: set[str], part: str, env: dict[str, str], **variables: Any) -> str:
    """Install a part at -vvv --diff, and find neither the texts nor what the plan's Secrets hold anywhere; the output."""
    hosts = inventory(folder, "mine", **variables)
    env = {**env, "TMPDIR": str(scratch), "ANSIBLE_HOME": str(scratch / "ansible"), "ANSIBLE_REMOTE_TMP": str(scratch / "remote")}
    with Onlooker(scratch) as onlooker:
        played = run_playbook("-i", hosts, "site.yml", "-vvv", "--diff", "--tags", part, env=env)
    assert played.returncode == 0, played.output[-5000:]
    assert any("modules" in command or "AnsiballZ_apply" in command for command in onlooker.commands), "nothing was seen of the run"
    told = {"output": {played.output}, "command lines": onlooker.commands, "files for temporary use": onlooker.contents}
    # For its owner alone, and all the same without secrets.
    told |= {name: {(folder / "work" / name).read_text()} for name in ("report.json", "report.html", "differences.diff")}
    told |= {str(root): set(exposed(root)) for root in (folder / "work", scratch, cache_root() / "render")}
    for where, contents in told.items():
        shown = {text[:12] for text in texts | secrets_of(folder / "work/plan") for content in contents if text in content}
        assert not shown, where
    return played.output


def secrets_of(plan: Path) -> set[str]:
    """What the Secrets of a plan hold, but for what is as good as nothing."""
    objects = [item for part in plan.glob("*/objects.json") for item in json.loads(part.read_text())]
    encoded = {value for item in objects if item["kind"] == "Secret" for value in (item.get("data") or {}).values() if len(value) > 30}
    return encoded | {base64.b64decode(value).decode(errors="replace") for value in encoded}


def test_secrets_of_the_plan_and_a_token_in_a_kubeconfig(spare: SpareCluster, scratch: Path, tmp_path: Path) -> None:
    token = token_of(spare, f"route-{secrets.token_hex(2)}", EVERYTHING)
    kubeconfig = kubeconfig_of(tmp_path, spare.client.host, token=token)
    output = install_seen(tmp_path, scratch, in_other_words(token), "dex", {}, kubeflow_kubeconfig=str(kubeconfig))
    assert any(re.fullmatch(r"\w{30,}", text) for text in secrets_of(tmp_path / "work/plan"))
    # All of it was there to be seen.
    assert "Secret auth/dex-oidc-client" in output
    assert "(masked)" in (tmp_path / "work/differences.diff").read_text()


def test_a_client_key_in_a_kubeconfig_and_a_token_in_the_environment(spare: SpareCluster, scratch: Path, tmp_path: Path) -> None:
    (user,) = yaml.safe_load(spare.kubeconfig.read_text())["users"]
    key = user["user"]["client-key-data"]
    lines = {line for line in base64.b64decode(key).decode().splitlines() if "-----" not in line}
    kubeconfig = kubeconfig_of(tmp_path, spare.client.host, **user["user"])
    token = token_of(spare, f"route-{secrets.token_hex(2)}", EVERYTHING)
    texts = {key, *lines, *in_other_words(token)}
    install_seen(tmp_path, scratch, texts, "kubeflow_roles", {"K8S_AUTH_API_KEY": token}, kubeflow_kubeconfig=str(kubeconfig))


@pytest.mark.parametrize("broken", ["users: [{name: u, user: {token: %s", "%s", "users:\n- name: u\n  user: {token: %s}: x\n"])
def test_a_kubeconfig_that_cannot_be_read_is_not_shown(tmp_path: Path, broken: str) -> None:
    token = secrets.token_hex(20)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(broken % token)
    ran = run_module("preflight", {"plan": write_plan(tmp_path, a=[]), "kubeconfig": str(kubeconfig)})
    assert ran.failed
    assert f"kubeconfig {kubeconfig} cannot be used: " in ran["msg"]
    assert token not in ran.stdout + ran.stderr


def test_a_plan_that_is_no_plan_is_not_shown(cluster: Cluster, tmp_path: Path) -> None:
    word = secrets.token_hex(20)
    plan = write_plan(tmp_path, a=[{"data": {"key": word}, "kind": "Secret", "metadata": {"name": "nearly"}}])
    ran = cluster.apply(plan)
    assert ran.failed
    assert "not a Kubernetes object (no apiVersion or kind): its name is nearly, its fields are data, kind, metadata" in ran["msg"]
    assert word not in ran.stdout + ran.stderr


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_credentials_that_are_not_enough_are_named_before_anything_is_written(cluster: Cluster, tmp_path: Path) -> None:
    token = token_of(cluster, f"looks-{secrets.token_hex(2)}", LOOK)
    client = connect({"host": cluster.client.host, "validate_certs": False, "api_key": token})
    with FaultyProxy(client) as proxy:
        played = run_playbook("-i", inventory(tmp_path, "mine"), "site.yml", "--tags", "kubeflow_roles", env={"K8S_AUTH_HOST": proxy.url})
        written = proxy.asked(lambda request: request.method != "GET" and not request.path.endswith("/selfsubjectaccessreviews"))
        assert proxy.seen and not written
    assert played.returncode == 2
    assert "The cluster was not touched" in played.words
    assert "create/patch configmaps, create/patch namespaces, create/update leases.coordination.k8s.io" in played.words
    assert "bind/create/escalate/patch clusterroles.rbac.authorization.k8s.io" in played.words
    assert "bound to cluster-admin" in played.words
    assert "Apply the plan" not in played.output


def test_credentials_that_may_write_roles_and_not_give_them_are_not_enough(cluster: Cluster, tmp_path: Path) -> None:
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch", "create", "patch", "update"]}]
    token = token_of(cluster, f"gives-{secrets.token_hex(2)}", rules)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}, "rules": []}
    how = {"host": cluster.client.host, "validate_certs": False, "api_key": token}
    ran = run_module("preflight", {"plan": write_plan(tmp_path, a=[role]), **how})
    assert ran.failed
    assert "the credentials may not: bind/escalate clusterroles.rbac.authorization.k8s.io\n" in ran["msg"]
    assert not run_module("preflight", {"plan": write_plan(tmp_path, a=[]), **how}).failed
