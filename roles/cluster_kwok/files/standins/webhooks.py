# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network behind the API server: every webhook of every service, on one unix socket.

The API server's egress selector sends each webhook call here as C(CONNECT), to the address of a pod. The name in the TLS
handshake says which service is meant. While that service has no ready endpoint the call is refused, at every request and not only at the
first of a connection: the API server keeps connections, and a pod that is gone does not go on answering.
Nothing is ever connected to, so nothing leaves the machine.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from . import reviews
from .api import ApiError, Object
from .authority import self_signed, server_context

_IDLE_SECONDS = 120.0
_LARGEST_HEADER = 65536
_LONGEST_CALL_SECONDS = 30.0

# Path and review in, JSON patch out.
Answer = Callable[[str, Object], list[Object] | None]
# Namespace, service and the address of the pod that is called; what is presented, None when nothing is.
Presented = Callable[[str, str, str], ssl.SSLContext | None]

log = logging.getLogger(__name__)


def service_of(host: str) -> tuple[str, str]:
    """Namespace and service of C(<service>.<namespace>.svc), empty when it is no such name.

    >>> service_of("istiod.istio-system.svc")
    ('istio-system', 'istiod')
    """
    parts = host.split(".")
    return (parts[1], parts[0]) if len(parts) >= 3 and parts[2] == "svc" else ("", "")


def read_head(stream: BinaryIO) -> tuple[str, dict[str, str]] | None:
    """Request line and headers (lower case), None at the end of the stream."""
    line = stream.readline(_LARGEST_HEADER)
    if not line.strip():
        return None
    headers: dict[str, str] = {}
    while (header := stream.readline(_LARGEST_HEADER)) not in (b"\r\n", b"\n", b""):
        name, _other, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return line.decode("latin-1").strip(), headers


def read_body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    """The body, by length or in chunks."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("content-length", "0")))
    body = b""
    while size := int(stream.readline(_LARGEST_HEADER).split(b";")[0], 16):
        body += stream.read(size)
        stream.readline(_LARGEST_HEADER)
    stream.readline(_LARGEST_HEADER)
    return body


class _Socket(ssl.SSLSocket):
    """Keeps which pod is called, and which service the handshake asked for."""

    address = ""
    wanted = ("", "")


class Webhooks:
    """Serves on C(path). C(ready(namespace, service)) is asked at every request, C(presented) at every handshake.

    :param special: answers of particular services; every other one allows all and converts by renaming.
    :param logs: what kubelets answer to a path. Whoever calls no service is taken to call a kubelet.
    :param hangs: asked at every request: whether a service takes its time until the caller gives up.
    """

    def __init__(
        self,
        path: Path,
        presented: Presented,
        ready: Callable[[str, str], bool],
        special: dict[tuple[str, str], Answer] | None = None,
        logs: Callable[[str], tuple[int, str]] | None = None,
        hangs: Callable[[str, str], bool] = lambda _namespace, _service: False,
    ) -> None:
        self._path, self._presented, self._ready, self._special = path, presented, ready, special or {}
        self._logs, self._hangs = logs, hangs
        self._nodes_context: ssl.SSLContext | None = None
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.sslsocket_class = _Socket
        self._tls.sni_callback = self._choose

    def start(self) -> None:
        # By a rename, so that the socket appears only when it is listening, and takes a dead one's place.
        unfinished = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(unfinished))
        unfinished.chmod(0o600)
        listener.listen(128)
        unfinished.rename(self._path)
        threading.Thread(target=self._accept, args=(listener,), name="webhooks", daemon=True).start()

    def _choose(self, tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int | None:
        service = service_of(name or "")
        if not service[1] and self._logs and name:
            # The API server does not ask who a kubelet is, unless it is told to.
            if self._nodes_context is None:
                made = self_signed(name, [name])
                self._nodes_context = server_context(made.certificate, made.key)
            tls.context = self._nodes_context
            return None
        if not service[1]:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        try:
            context = self._presented(*service, tls.address if isinstance(tls, _Socket) else "")
        except (ApiError, OSError, http.client.HTTPException, ValueError) as error:
            log.info("%s presents nothing: %s", name, error)
            context = None
        if context is None:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        tls.context = context
        if isinstance(tls, _Socket):
            tls.wanted = service
        return None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _other = listener.accept()
            threading.Thread(target=self._connection, args=(connection,), name="webhook", daemon=True).start()

    def _connection(self, connection: socket.socket) -> None:
        tls: ssl.SSLSocket | None = None
        try:
            connection.settimeout(_IDLE_SECONDS)
            head = b""
            # The caller says nothing more before it has its answer, so no byte of the handshake is swallowed.
            while b"\r\n\r\n" not in head and len(head) < _LARGEST_HEADER:
                received = connection.recv(4096)
                if not received:
                    return
                head += received
            if not head.startswith(b"CONNECT "):
                connection.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            tls = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            if isinstance(tls, _Socket):
                tls.address = head.split(b" ")[1].decode("latin-1").rpartition(":")[0].strip("[]")
                tls.do_handshake()
                self._serve(tls, *tls.wanted)
        except (OSError, ValueError, KeyError) as error:
            log.debug("webhook connection: %s", error)
        finally:
            (tls or connection).close()

    def _serve(self, tls: ssl.SSLSocket, namespace: str, service: str) -> None:
        with tls.makefile("rb") as stream:
            while head := read_head(stream):
                line, headers = head
                if not service:
                    self._log(tls, line)
                    continue
                review = json.loads(read_body(stream, headers))
                if not self._ready(namespace, service):
                    log.info("refused %s for %s/%s: no ready endpoint", line, namespace, service)
                    return
                self._hang(namespace, service)
                path = line.split(" ")[1]
                content = json.dumps(self._answer(namespace, service, path, review)).encode()
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    def _log(self, tls: ssl.SSLSocket, line: str) -> None:
        status, text = self._logs(line.split(" ")[1]) if self._logs else (404, "")
        content = text.encode()
        tls.sendall(b"HTTP/1.1 %d -\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (status, len(content), content))

    def _hang(self, namespace: str, service: str) -> None:
        """Nobody waits longer than 30 seconds for a webhook: k8s.io/api admissionregistration/v1, timeoutSeconds."""
        end, pause = time.monotonic() + _LONGEST_CALL_SECONDS, threading.Event()
        while self._hangs(namespace, service) and time.monotonic() < end:
            pause.wait(0.5)

    def _answer(self, namespace: str, service: str, path: str, review: Object) -> Object:
        if review["kind"] == "ConversionReview":
            return reviews.conversion(review)
        special = self._special.get((namespace, service))
        try:
            patch = special(path, review) if special else None
        except Exception as error:
            # As the real one does: what it cannot do it says to the person who creates the object.
            log.exception("%s/%s: %s", namespace, service, path)
            refusal = {"uid": review["request"]["uid"], "allowed": False, "status": {"message": f"stand-in for {service}: {error}"}}
            return {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": refusal}
        return reviews.admission(review, patch)
