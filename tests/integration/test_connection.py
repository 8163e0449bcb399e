# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a cluster is named, and what is said when it is not."""

from __future__ import annotations

import base64
import http.server
import json
import secrets
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from conftest import ROOT, Cluster, Ran, environment, run_module, token_of, write_plan
from connect_proxy import connect_proxy
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import NameOID
from faulty_proxy import Do, FaultyProxy, Refuse
from waiting import sooner_than

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connect
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.exec_credentials import PAUSE_SECONDS


@pytest.fixture
def plan(tmp_path: Path) -> str:
    return write_plan(tmp_path / "plan", a=[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}])


@pytest.mark.parametrize("module", ["apply", "ready", "preflight", "cluster_info"])
def test_no_cluster_is_named_although_kubeconfig_is_set(cluster: Cluster, plan: str, module: str) -> None:
    given = {} if module == "cluster_info" else {"plan": plan}
    ran = run_module(module, given, env={"KUBECONFIG": str(cluster.kubeconfig)})
    assert ran.failed
    assert ran["msg"].startswith("No cluster is named. Set kubeconfig")


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
    assert f"Set context to one of its contexts: {context}" in ran["msg"]
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
    (one,) = pool._pool.manager.pools._container.values()  # type: ignore[attr-defined]
    assert (one.num_connections, one.num_requests) == (1, 5)


def info(arguments: dict[str, Any], **env: str) -> Ran:
    return run_module("cluster_info", arguments, env=env)


def copy_of(cluster: Cluster, path: Path, *, of_user: dict[str, Any] | None = None, of_cluster: dict[str, Any] | None = None) -> Path:
    """A kubeconfig for the same cluster with another user, or another way to it."""
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    if of_user is not None:
        document["users"][0]["user"] = of_user
    document["clusters"][0]["cluster"].update(of_cluster or {})
    path.write_text(yaml.safe_dump(document))
    return path


def user_of(cluster: Cluster) -> dict[str, Any]:
    user: dict[str, Any] = yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"]
    return user


def admin_token(cluster: Cluster) -> str:
    return token_of(cluster, f"admin-{secrets.token_hex(3)}", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])


def test_the_cluster_says_who_it_is(cluster: Cluster) -> None:
    ran = info({"kubeconfig": str(cluster.kubeconfig)})
    uid = (cluster.get("/api/v1/namespaces/kube-system") or {})["metadata"]["uid"]
    context = yaml.safe_load(cluster.kubeconfig.read_text())["current-context"]
    assert ran["cluster"] == {"host": cluster.client.host, "uid": uid}
    assert ran["msg"] == f"Cluster: {cluster.client.host} (context {context}), Kubernetes 1.34.4"
    assert (ran["kubeconfig"], ran["context"], ran["kubernetes_version"]) == (str(cluster.kubeconfig), context, "1.34.4")
    assert not ran["changed"] and "warnings" not in ran.result


def test_the_environment_of_one_cluster_does_not_reach_into_the_kubeconfig_of_another(cluster: Cluster, plan: str, namespace: str) -> None:
    """AWX's credential, or a shell that somebody has logged in with, beside an inventory that names a cluster."""
    stranger_token = secrets.token_hex(8)
    with FaultyProxy(cluster.client) as stranger:
        stranger.add(lambda request: True, Refuse(401, "of another cluster"), forever=True)
        environment = {
            "K8S_AUTH_HOST": stranger.url,
            "K8S_AUTH_API_KEY": stranger_token,
            "K8S_AUTH_VERIFY_SSL": "false",
            "K8S_AUTH_SSL_CA_CERT": "/nonexistent",
            "K8S_AUTH_CONTEXT": "of-another",
            "K8S_AUTH_PROXY": stranger.url,
        }
        for module in ("cluster_info", "preflight", "apply", "ready"):
            given = {} if module == "cluster_info" else {"plan": plan}
            ran = run_module(module, {**given, "kubeconfig": str(cluster.kubeconfig)}, env=environment)
            assert not ran.failed, ran["msg"]
            assert ran["cluster"]["host"] == cluster.client.host
            # Besides what an earlier test may have left: a Lease that is taken over.
            (warning,) = [str(warning) for warning in ran["warnings"] if "ignored" in str(warning)]
            assert "ignored: " + ", ".join(sorted(environment)) in warning
            assert "the cluster is named by kubeconfig" in warning
            # Said once in a run: by the module that it begins with.
            again = run_module(module, {**given, "kubeconfig": str(cluster.kubeconfig), "cluster": ran["cluster"]}, env=environment)
            assert not again.failed and "warnings" not in again.result
            assert stranger_token not in ran.stdout + ran.stderr
        assert not stranger.seen


def test_options_that_name_no_cluster_do_not_mix_with_an_environment_that_does(cluster: Cluster) -> None:
    ran = info({"context": "c"}, K8S_AUTH_KUBECONFIG=str(cluster.kubeconfig))
    assert "context is given as an option, and no option names a cluster: options and environment never mix" in ran["msg"]
    ran = info({}, K8S_AUTH_KUBECONFIG=str(cluster.kubeconfig), K8S_AUTH_HOST=cluster.client.host)
    assert "K8S_AUTH_KUBECONFIG and K8S_AUTH_HOST are both set, and each names a cluster" in ran["msg"]


@pytest.mark.parametrize("module", ["preflight", "apply", "ready"])
def test_a_later_phase_refuses_another_cluster(cluster: Cluster, plan: str, module: str) -> None:
    uid = info({"kubeconfig": str(cluster.kubeconfig)})["cluster"]["uid"]
    with FaultyProxy(cluster.client) as proxy:
        for expected, same in (
            ({"host": "https://elsewhere", "uid": uid}, True),
            ({"host": proxy.url, "uid": ""}, True),
            ({"host": proxy.url, "uid": "another"}, False),
            ({"host": "https://elsewhere", "uid": ""}, False),
        ):
            ran = run_module(module, {"plan": plan, "host": proxy.url, "cluster": expected})
            assert ran.failed is not same, ran.result
            if not same:
                assert "This is another cluster than the one that the run has begun with" in ran["msg"]
                assert f"{proxy.url} (kube-system {uid}) now, and {expected['host']}" in ran["msg"]
                assert not proxy.asked(lambda request: request.method != "GET")
            proxy.seen.clear()
        # Who may not read the namespace: by the host alone.
        proxy.add(lambda request: request.path.endswith("/namespaces/kube-system"), Refuse(403, "not for you"), forever=True)
        assert run_module(module, {"plan": plan, "host": proxy.url, "cluster": {"host": "https://elsewhere", "uid": uid}}).failed
        ran = run_module(module, {"plan": plan, "host": proxy.url, "cluster": {"host": proxy.url, "uid": uid}})
        assert not ran.failed and ran["cluster"] == {"host": proxy.url, "uid": ""}


def test_a_host_without_credentials_is_told_so(cluster: Cluster) -> None:
    ran = info({"host": cluster.client.host, "validate_certs": False})
    assert "no credentials are given: a user in the kubeconfig, or api_key" in ran["msg"]
    assert "system:anonymous" not in ran["msg"]


def test_a_certificate_that_is_not_checked_is_said(cluster: Cluster) -> None:
    """AWX turns the check off when its credential has no authority's certificate."""
    token = admin_token(cluster)
    ran = info({}, K8S_AUTH_HOST=cluster.client.host, K8S_AUTH_API_KEY=f"{token}\n", K8S_AUTH_VERIFY_SSL="False")
    assert ran["msg"] == f"Cluster: {cluster.client.host}, Kubernetes 1.34.4, whose certificate is not checked"
    assert token not in ran.stdout + ran.stderr


FAILS = "echo 'token has expired, run: mycloud login' >&2; exit 3"


def exec_user(script: str, **more: Any) -> dict[str, Any]:
    described = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script], "interactiveMode": "IfAvailable"}
    return {"exec": {**described, **more}}


@pytest.mark.parametrize("module", ["cluster_info", "preflight", "apply", "ready"])
def test_an_exec_plugin_that_fails_is_quoted(cluster: Cluster, plan: str, tmp_path: Path, module: str) -> None:
    kubeconfig = copy_of(cluster, tmp_path / "kubeconfig", of_user=exec_user(FAILS))
    ran = run_module(module, {"kubeconfig": str(kubeconfig), **({} if module == "cluster_info" else {"plan": plan})})
    assert ran.failed
    (name,) = [user["name"] for user in yaml.safe_load(cluster.kubeconfig.read_text())["users"]]
    assert ran["msg"] == f"exec plugin of user {name} failed (exit status 3): sh -c …. It says: token has expired, run: mycloud login"
    assert ran.stderr == ""


def test_an_exec_plugin_that_gives_a_token_or_a_certificate(cluster: Cluster, tmp_path: Path) -> None:
    """Of the kubeconfig's own admin: as other tools, like Teleport's, do."""
    own = user_of(cluster)
    pair = {
        field: (base64.b64decode(own[f"{name}-data"]) if f"{name}-data" in own else Path(own[name]).read_bytes()).decode()
        for field, name in (("clientCertificateData", "client-certificate"), ("clientKeyData", "client-key"))
    }
    for status in ({"token": f"{admin_token(cluster)}\n"}, pair):
        found = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
        (tmp_path / "answer").write_text(json.dumps(found))
        kubeconfig = copy_of(cluster, tmp_path / "kubeconfig", of_user=exec_user(f"cat {tmp_path}/answer"))
        ran = info({"kubeconfig": str(kubeconfig)})
        assert not ran.failed, ran["msg"]
        assert ran["cluster"]["uid"]
        assert not list(tmp_path.glob("mlplatform*"))


def test_an_exec_plugin_that_fails_in_the_middle_of_a_run_is_quoted(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """The token is revoked, which the API server says with 401; the plugin is asked for another one."""
    token, stopped = admin_token(cluster), tmp_path / "stopped"
    found = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}
    (tmp_path / "answer").write_text(json.dumps(found))
    script = f"[ -e {stopped} ] && {{ {FAILS}; }}; cat {tmp_path}/answer"
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}]
    objects += [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "namespace": namespace}} for number in range(20)
    ]
    with FaultyProxy(cluster.client) as proxy:
        refused = proxy.add(lambda request: stopped.exists(), Refuse(401, "Unauthorized"), forever=True)

        def revoke() -> None:
            # A token that the plugin has only just given is not asked for anew.
            time.sleep(2 * PAUSE_SECONDS)
            stopped.touch()

        proxy.add(lambda request: request.method == "PATCH" and request.path.endswith(f"/namespaces/{namespace}"), Do(revoke))
        kubeconfig = copy_of(cluster, tmp_path / "kubeconfig", of_user=exec_user(script), of_cluster={"server": proxy.url})
        ran = run_module("apply", {"kubeconfig": str(kubeconfig), "plan": write_plan(tmp_path / "plan", a=objects), "timeout": 60})
        assert refused.over
    assert ran.failed
    assert "token has expired, run: mycloud login" in ran["msg"]
    assert "credentials are not accepted" not in ran["msg"]


def test_a_client_key_with_a_passphrase_asks_nobody(cluster: Cluster, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "me")])
    now = datetime.now(UTC)
    certificate = (x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))).sign(
        key, hashes.SHA256()
    )
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2"))
    (tmp_path / "both.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + encrypted)
    ran = info({"host": cluster.client.host, "validate_certs": False, "client_cert": str(tmp_path / "both.pem")})
    assert (
        ran["msg"] == f"client_cert {tmp_path}/both.pem: its key is encrypted, and nobody is asked for a passphrase. Use a key without one."
    )


@pytest.fixture
def behind(cluster: Cluster, tmp_path: Path) -> Path:
    """A kubeconfig whose server has a name that only a proxy knows."""
    way = {"server": "https://api.corp.invalid:6443", "tls-server-name": "localhost"}
    return copy_of(cluster, tmp_path / "behind", of_cluster=way)


def address(cluster: Cluster) -> tuple[str, int]:
    url = urlsplit(cluster.client.host)
    assert url.hostname and url.port
    return url.hostname, url.port


LOGIN, QUOTED = "me:p@ss:wörd", "me:p%40ss%3Aw%C3%B6rd"


@pytest.mark.parametrize("by", ["HTTPS_PROXY", "https_proxy", "proxy-url", "proxy", "K8S_AUTH_PROXY"])
def test_a_proxy_that_wants_a_password_gets_it(cluster: Cluster, behind: Path, tmp_path: Path, by: str) -> None:
    with connect_proxy(address(cluster), LOGIN) as proxy:
        for login, passes in ((QUOTED, True), ("", False), ("me:hunter2", False)):
            arguments: dict[str, Any] = {"kubeconfig": str(behind), "timeout": 120}
            env = {}
            if by == "proxy":
                arguments["proxy"] = proxy.url(login)
            elif by == "proxy-url":
                arguments["kubeconfig"] = str(tmp_path / "named")
                document = yaml.safe_load(behind.read_text())
                document["clusters"][0]["cluster"]["proxy-url"] = proxy.url(login)
                (tmp_path / "named").write_text(yaml.safe_dump(document))
            else:
                env[by] = proxy.url(login)
            if by == "K8S_AUTH_PROXY":
                env["K8S_AUTH_KUBECONFIG"] = arguments.pop("kubeconfig")
            # It will say the same again.
            with sooner_than(60):
                ran = info(arguments, **env)
            assert ran.failed is not passes, ran.result
            assert proxy.asked and set(proxy.asked) == {"api.corp.invalid:6443"}
            assert not [word for word in ("p@ss", "p%40ss", "hunter2", "Basic ") if word in ran.stdout + ran.stderr]
            if not passes:
                assert f"through the proxy {proxy.url()}: " in ran["msg"] and "407" in ran["msg"]
                assert "It wants a user and a password, or other ones" in ran["msg"]


def test_the_proxy_of_the_shell_is_left_alone_for_a_cluster_on_this_machine(cluster: Cluster) -> None:
    """As kubectl does; so that the embedded cluster works behind a company's proxy."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        assert not info({"kubeconfig": str(cluster.kubeconfig)}, **{name: "http://127.0.0.1:9"}).failed


@pytest.mark.parametrize(
    ("server", "tls", "shell", "named"),
    [
        ("https://api.corp.invalid:6443", True, {"HTTPS_PROXY": "proxy"}, False),
        ("https://api.corp.invalid:6443", True, {"https_proxy": "proxy", "NO_PROXY": "other.invalid"}, False),
        ("https://api.corp.invalid:6443", True, {"HTTPS_PROXY": "proxy", "NO_PROXY": ".corp.invalid"}, False),
        ("https://api.corp.invalid:6443", True, {"HTTPS_PROXY": "proxy", "no_proxy": "invalid:6443"}, False),
        ("https://api.corp.invalid:6443", True, {"HTTP_PROXY": "proxy", "ALL_PROXY": "proxy"}, False),
        ("https://api.corp.invalid:6443", True, {"NO_PROXY": "*"}, True),
        ("", False, {"HTTPS_PROXY": "proxy"}, False),
        ("", False, {}, True),
    ],
)
def test_proxies_are_used_as_kubectl_uses_them(
    cluster: Cluster,
    binary: Callable[[str, str], str],
    tmp_path: Path,
    server: str,
    tls: bool,
    shell: dict[str, str],
    named: bool,
) -> None:
    """Kubectl itself is asked: whether the proxy was, and whether an answer came."""
    with connect_proxy(address(cluster), LOGIN) as proxy:
        way = {"server": server or cluster.client.host, **({"tls-server-name": "localhost"} if tls else {})}
        if named:
            way["proxy-url"] = proxy.url(QUOTED)
        kubeconfig = copy_of(cluster, tmp_path / "kubeconfig", of_cluster=way)
        env = {name: proxy.url(QUOTED) if value == "proxy" else value for name, value in shell.items()}
        command = [binary("kubectl", "1.34.4"), "--kubeconfig", str(kubeconfig), "get", "namespace", "kube-system"]
        done = subprocess.run(command, env=environment(**env), capture_output=True, text=True, check=False, timeout=60)
        by_kubectl = done.returncode == 0, bool(proxy.asked)
        proxy.asked.clear()
        ran = info({"kubeconfig": str(kubeconfig), "timeout": 3}, **env)
        assert (not ran.failed, bool(proxy.asked)) == by_kubectl, (done.stderr, ran.result)


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
    assert ("PyYAML" if module in ("source", "render") else "urllib3") in words
    assert "Traceback" not in done.stdout.split("exception:")[0]
