# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a cluster is named, and what is said when it is not."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Cluster, environment, run_module, write_plan

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect


@pytest.fixture
def plan(tmp_path: Path) -> str:
    return write_plan(tmp_path / "plan", a=[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}])


@pytest.mark.parametrize("module", ["apply", "ready", "preflight"])
def test_no_cluster_is_named_although_kubeconfig_is_set(cluster: Cluster, plan: str, module: str) -> None:
    ran = run_module(module, {"plan": plan}, env={"KUBECONFIG": str(cluster.kubeconfig)})
    assert ran.failed
    assert ran["msg"].startswith("No cluster is named. Set kubeflow_kubeconfig")


def test_a_kubeconfig_that_is_missing(plan: str) -> None:
    assert run_module("ready", {"plan": plan, "kubeconfig": "/nonexistent"})["msg"].startswith("kubeconfig /nonexistent does not exist")


def test_a_kubeconfig_without_a_context_names_those_it_has(cluster: Cluster, plan: str, tmp_path: Path) -> None:
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    context = document.pop("current-context")
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    ran = run_module("preflight", {"plan": plan, "kubeconfig": str(path)})
    assert ran.failed
    assert f"kubeconfig {path} cannot be used" in ran["msg"]
    assert f"Set kubeflow_context to one of its contexts: {context}" in ran["msg"]
    assert not run_module("preflight", {"plan": plan, "kubeconfig": str(path), "context": context}).failed
    # By environment, as a playbook and AWX pass it.
    assert not run_module("preflight", {"plan": plan}, env={"K8S_AUTH_KUBECONFIG": str(path), "K8S_AUTH_CONTEXT": context}).failed


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", "a: b\n", "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: []\n"])
def test_a_kubeconfig_that_is_none(plan: str, tmp_path: Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    ran = run_module("preflight", {"plan": plan, "kubeconfig": str(path)})
    assert ran.failed
    assert f"kubeconfig {path} cannot be used" in ran["msg"]


def test_a_certificate_file_that_is_missing(plan: str) -> None:
    ran = run_module("preflight", {"plan": plan, "host": "https://127.0.0.1:9", "ca_cert": "/nonexistent"})
    assert ran["msg"] == "ca_cert /nonexistent does not exist"


class Page(http.server.BaseHTTPRequestHandler):
    """Some other web server: a login page, or a redirect to it."""

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "/login")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write({"/json/version": b"[]"}.get(self.path, b"<html>Log in</html>"))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(("path", "words"), [("", "<html>Log in</html>"), ("/away", "HTTP 302"), ("/json", "no Kubernetes API server")])
def test_a_host_that_is_no_api_server(plan: str, page: str, path: str, words: str) -> None:
    for module in ("preflight", "ready", "apply"):
        ran = run_module(module, {"plan": plan, "host": page + path, "timeout": 3})
        assert ran.failed
        if module == "preflight":
            assert words in ran["msg"]


def test_connections_are_kept(cluster: Cluster) -> None:
    """A connection per request would cost more than the requests do."""
    pool = connect({"kubeconfig": str(cluster.kubeconfig)})
    for _ in range(5):
        pool.get("/version")
    (one,) = pool._pool.pools._container.values()  # type: ignore[attr-defined]
    assert (one.num_connections, one.num_requests) == (1, 5)


@pytest.mark.parametrize("module", ["apply", "ready", "preflight", "source", "render"])
def test_python_packages_that_are_missing_are_named(tmp_path: Path, plan: str, module: str) -> None:
    """As ansible-test's import test runs modules: with a Python that has no packages at all."""
    bare = tmp_path / "bare"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(bare)
    given: dict[str, dict[str, Any]] = {
        "source": {"repositories": []},
        "render": {"release": "x", "manifests": str(tmp_path), "kustomize": "/bin/true", "plan": str(tmp_path / "out"), "parts": []},
    }
    arguments = json.dumps(given.get(module, {"plan": plan, "host": "https://127.0.0.1:9"}))
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible")),
            "localhost",
            "-m",
            f"mlplatform.kubeflow.{module}",
            "-a",
            arguments,
            "-e",
            f"ansible_python_interpreter={bare}/bin/python",
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    words = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2, words
    assert ("PyYAML" if module in ("source", "render") else "kubernetes") in words
    assert "Traceback" not in done.stdout.split("exception:")[0]
