# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries on loopback: one of our own that can be as bad as is needed, and Debian's C(docker-registry), the reference implementation."""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_REGISTRY = shutil.which("docker-registry")


@dataclass(frozen=True)
class Asked:
    """One request. C(host) is that of its header."""

    method: str
    host: str
    path: str
    authorization: str


Reply = tuple[int, Mapping[str, str], bytes]


@dataclass
class RegistryServer:
    """C(has): images as C(repository:tag). C(realm): where tokens are, empty when none is wanted; C(token) is the one that counts.

    C(replies): by the beginning of a path, what to answer first, one after the other; None hangs until the end.
    """

    has: set[str] = field(default_factory=set)
    realm: str = ""
    token: str = "good"
    replies: dict[str, list[Reply | None]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def of(self, path: str) -> list[Asked]:
        return [one for one in self.asked if path in one.path]

    def reply(self, asked: Asked) -> Reply | None:
        for start, left in self.replies.items():
            if asked.path.startswith(start) and left:
                return left.pop(0)
        parts = urlsplit(asked.path)
        if parts.path == "/token":
            return 200, {"Content-Type": "application/json"}, json.dumps({"token": self.token}).encode()
        repository, _slash, reference = parts.path.removeprefix("/v2/").rpartition("/manifests/")
        if self.realm and asked.authorization != f"Bearer {self.token}":
            scope = f"repository:{repository}:pull"
            challenge = f'Bearer realm="{self.realm}",service="a registry",scope="{scope}"'
            return 401, {"WWW-Authenticate": challenge}, errors("UNAUTHORIZED", "authentication required")
        if f"{repository}:{reference}" in self.has:
            return 200, {"Content-Type": MANIFEST}, b'{"schemaVersion": 2}'
        return 404, {}, errors("MANIFEST_UNKNOWN", "manifest unknown to us")


def errors(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


@contextlib.contextmanager
def registry_server(*has: str, context: ssl.SSLContext | None = None, **more: Any) -> Iterator[RegistryServer]:
    """:arg context: with a certificate, for TLS."""
    state = RegistryServer(set(has), **more)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            asked = Asked(self.command, self.headers.get("Host", ""), self.path, self.headers.get("Authorization", ""))
            state.asked.append(asked)
            reply = state.reply(asked)
            if reply is None:
                state.over.wait(60)
                self.close_connection = True
                return
            status, headers, content = reply
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = answer

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: Any) -> None:
            """Who hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        # The handshake is the thread's of the connection, not of all.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()


@dataclass
class Authority:
    """A certificate authority that nobody knows until its C(path) is given."""

    path: Path
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, folder: Path) -> Authority:
        folder.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
        extension = x509.BasicConstraints(ca=True, path_length=None)
        certificate = _builder(name, name, key).add_extension(extension, critical=True).sign(key, hashes.SHA256())
        path = folder / "authority.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        return cls(path, key, certificate)

    def context(self, *names: str) -> ssl.SSLContext:
        """For a server of those names."""
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        certificate = (
            _builder(subject, self.certificate.subject, key).add_extension(alternatives, critical=False).sign(self.key, hashes.SHA256())
        )
        path = self.path.with_name(f"{names[0]}.pem")
        path.write_bytes(certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def token(self, **claims: Any) -> str:
        """As docker-registry wants them: a JSON Web Token with the chain of the certificate that signs."""

        def encoded(content: bytes) -> str:
            return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

        chain = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        header = encoded(json.dumps({"typ": "JWT", "alg": "RS256", "x5c": [chain]}).encode())
        now = int(time.time())
        body = encoded(json.dumps({"iat": now - 60, "nbf": now - 60, "exp": now + 300, "jti": "1", "sub": "", **claims}).encode())
        signature = self.key.sign(f"{header}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{header}.{body}.{encoded(signature)}"


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    return x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), now - day, now + day)


@contextlib.contextmanager
def docker_registry(folder: Path, auth: Mapping[str, Any] | None = None) -> Iterator[str]:
    """The program, with what C(folder) holds; yields C(127.0.0.1:port)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    configuration = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "content")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "one"},
        **({"auth": dict(auth)} if auth else {}),
    }
    (folder / "config.yml").write_text(yaml.safe_dump(configuration))
    assert DOCKER_REGISTRY
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([DOCKER_REGISTRY, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        _until_it_listens(port, process, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def push(registry: str, repository: str, tag: str) -> str:
    """An image without layers; its digest."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    config = b'{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}'
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    root = f"http://{registry}/v2/{repository}"
    started = opener.open(urllib.request.Request(f"{root}/blobs/uploads/", method="POST"))
    place = started.headers["Location"]
    opener.open(urllib.request.Request(f"{place}&digest={digest}", config, {"Content-Type": "application/octet-stream"}, method="PUT"))
    described = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": digest}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}).encode()
    put = opener.open(urllib.request.Request(f"{root}/manifests/{tag}", manifest, {"Content-Type": MANIFEST}, method="PUT"))
    return str(put.headers["Docker-Content-Digest"])


@contextlib.contextmanager
def token_server(issue: Callable[[str], str]) -> Iterator[tuple[str, list[str]]]:
    """Gives the token that C(issue) makes for a scope; yields its URL and the scopes that it was asked for."""
    scopes: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            scope = parse_qs(urlsplit(self.path).query)["scope"][0]
            scopes.append(scope)
            content = json.dumps({"token": issue(scope)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token", scopes
    finally:
        server.shutdown()
        server.server_close()
