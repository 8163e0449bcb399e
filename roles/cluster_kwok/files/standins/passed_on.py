# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reviews that come over the network of real nodes: the program in istiod's place passes on what it is asked about pods."""

from __future__ import annotations

import http.server
import json
import logging
import threading

from . import reviews
from .webhooks import Answer

log = logging.getLogger(__name__)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, answer: Answer) -> None:
        self.answer = answer
        super().__init__(("", port), _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer one review. What goes wrong is told to the API server, which tells whoever made the pod."""
        try:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content = 200, json.dumps(reviews.admission(review, self.server.answer(self.path, review))).encode()
        except Exception as error:
            log.exception("%s", self.path)
            status, content = 500, str(error).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Who asked is in the log of the program that was asked first."""


def serve(port: int, answer: Answer) -> int:
    """Answer at this port of all addresses, or at any free one for 0. Returns the port."""
    server = _Server(port, answer)
    threading.Thread(target=server.serve_forever, name="passed on", daemon=True).start()
    return server.server_port
