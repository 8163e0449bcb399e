# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way to webhooks, over a real socket."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins.authority import Authority, server_context
from standins.webhooks import Webhooks, service_of

REVIEW = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u", "object": {}}}


class Caller:
    """What the API server does: CONNECT, TLS for the service's name, requests on one kept connection."""

    def __init__(self, path: Path, host: str, authority: bytes) -> None:
        raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        raw.settimeout(5)
        raw.connect(str(path))
        raw.sendall(f"CONNECT 10.0.0.9:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
        context = ssl.create_default_context(cadata=authority.decode())
        self.connection = http.client.HTTPConnection(host)
        self.connection.auto_open = 0
        self.connection.sock = context.wrap_socket(raw, server_hostname=host)

    def ask(self, path: str, review: dict) -> dict:
        self.connection.request("POST", path, json.dumps(review))
        response = self.connection.getresponse()
        assert response.status == 200
        return json.loads(response.read())

    def close(self) -> None:
        self.connection.close()


class Present:
    """One authority for every service, and what was asked for."""

    def __init__(self) -> None:
        self.authority = Authority.new("any")
        self.asked: list[tuple[str, str, str]] = []
        self.silent: set[str] = set()

    def __call__(self, namespace: str, service: str, address: str) -> ssl.SSLContext | None:
        self.asked.append((namespace, service, address))
        host = f"{service}.{namespace}.svc"
        issued = self.authority.issue(host, [host])
        return None if service in self.silent else server_context(issued.certificate, issued.key)


@pytest.fixture
def present() -> Present:
    return Present()


@pytest.fixture
def ready() -> set[tuple[str, str]]:
    return {("n", "s"), ("istio-system", "istiod")}


@pytest.fixture
def served(tmp_path: Path, present: Present, ready: set[tuple[str, str]]) -> Iterator[tuple[Path, bytes]]:
    path = tmp_path / "s"

    def special(_path: str, review: dict) -> list | None:
        if "refuse" in review["request"]:
            raise ValueError("no template")
        return [{"op": "add", "path": "/x", "value": 1}]

    Webhooks(path, present, lambda *service: service in ready, {("istio-system", "istiod"): special}).start()
    yield path, present.authority.pem


def test_every_request_asks_for_an_endpoint(served: tuple[Path, bytes], ready: set[tuple[str, str]]) -> None:
    caller = Caller(served[0], "s.n.svc", served[1])
    for _ in range(2):
        assert caller.ask("/validate", REVIEW)["response"] == {"uid": "u", "allowed": True}
    ready.discard(("n", "s"))
    # The very connection that has just worked.
    with pytest.raises((http.client.HTTPException, OSError)):
        caller.ask("/validate", REVIEW)
    caller.close()
    again = Caller(served[0], "s.n.svc", served[1])
    with pytest.raises((http.client.HTTPException, OSError)):
        again.ask("/validate", REVIEW)
    again.close()
    ready.add(("n", "s"))
    back = Caller(served[0], "s.n.svc", served[1])
    assert back.ask("/validate", REVIEW)["response"]["allowed"]
    back.close()


def test_special_answers_and_conversions(served: tuple[Path, bytes]) -> None:
    caller = Caller(served[0], "istiod.istio-system.svc", served[1])
    assert caller.ask("/inject", REVIEW)["response"]["patchType"] == "JSONPatch"
    refused = caller.ask("/inject", {**REVIEW, "request": {"uid": "u", "refuse": True}})["response"]
    assert not refused["allowed"] and "no template" in refused["status"]["message"]
    conversion = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "ConversionReview",
        "request": {"uid": "u", "desiredAPIVersion": "g/v1", "objects": [{"apiVersion": "g/v2"}]},
    }
    assert caller.ask("/convert", conversion)["response"]["convertedObjects"] == [{"apiVersion": "g/v1", "metadata": {}}]
    caller.close()


def test_a_stranger_is_not_reached(served: tuple[Path, bytes]) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        Caller(served[0], "example.org", served[1])
    assert service_of("example.org") == ("", "")


def test_what_is_presented_is_asked_for_with_the_address_of_the_pod(served: tuple[Path, bytes], present: Present) -> None:
    Caller(served[0], "s.n.svc", served[1]).close()
    assert present.asked == [("n", "s", "10.0.0.9")]
    # Nothing serves there.
    present.silent.add("s")
    with pytest.raises(ssl.SSLError):
        Caller(served[0], "s.n.svc", served[1])
    # A caller that trusts somebody else.
    present.silent.clear()
    with pytest.raises(ssl.SSLCertVerificationError):
        Caller(served[0], "s.n.svc", Authority.new("another").pem)


def test_the_socket_is_private_and_replaced(served: tuple[Path, bytes], present: Present) -> None:
    assert served[0].stat().st_mode & 0o777 == 0o600
    Webhooks(served[0], present, lambda *_: True).start()
    caller = Caller(served[0], "any.where.svc", served[1])
    assert caller.ask("/", REVIEW)["response"]["allowed"]
    caller.close()
