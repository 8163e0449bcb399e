# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An HTTP proxy on loopback as companies have them: for CONNECT, perhaps only with a user and password; it remembers who asked."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ConnectProxy:
    """C(to): the address that every name leads to, since only the proxy knows the names. C(login): C(user:password) that it wants."""

    to: tuple[str, int]
    login: str = ""
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def url(self, login: str = "") -> str:
        return f"http://{login + '@' if login else ''}127.0.0.1:{self.port}"


@contextlib.contextmanager
def connect_proxy(to: tuple[str, int], login: str = "") -> Iterator[ConnectProxy]:
    proxy = ConnectProxy(to, login)

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            proxy.asked.append(self.path)
            wanted = f"Basic {base64.b64encode(proxy.login.encode()).decode()}"
            if proxy.login and self.headers.get("Proxy-Authorization") != wanted:
                self.send_error(407, "Proxy Authentication Required")
                return
            with socket.create_connection(proxy.to) as behind:
                self.send_response(200)
                self.end_headers()
                _pass_on(self.connection, behind)
            self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            for ready in select.select([one, other], [], [])[0]:
                content = ready.recv(2**16)
                if not content:
                    return
                (other if ready is one else one).sendall(content)
