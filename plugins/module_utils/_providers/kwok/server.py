# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The few questions that are asked of the embedded cluster's API server."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

_TIMEOUT = 10.0


class Server:
    """Reads with the administrator's certificate, a new connection for each question."""

    def __init__(self, port: int, pki: Path) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self._port, self._pki = port, pki
        self._context: ssl.SSLContext | None = None

    def _get(self, path: str) -> tuple[int, bytes]:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=str(self._pki / "ca.crt"))
            self._context.load_cert_chain(self._pki / "admin.crt", self._pki / "admin.key")
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=_TIMEOUT, context=self._context)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def not_ready(self) -> str:
        """Why it is not ready to serve, empty when it is."""
        try:
            status, content = self._get("/readyz")
        except (OSError, http.client.HTTPException) as error:
            return f"GET {self.url}/readyz: {error or type(error).__name__}"
        return "" if status == 200 else f"GET {self.url}/readyz: {status} {content[-300:].decode(errors='replace').strip()}"

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that kwok plays.

        :raises OSError: when there is no answer.
        """
        status, content = self._get("/api/v1/nodes?labelSelector=type%3Dkwok")
        if status != 200:
            raise OSError(f"GET nodes: {status}")
        found: list[dict[str, Any]] = json.loads(content).get("items") or []
        return found


# The stand-ins say that this one is not ready: a fault.
UNREADY = "kwok.mlplatform.kubeflow/not-ready"


def is_as_wanted(node: dict[str, Any]) -> bool:
    """Ready, and no longer kept free because it was not; or not to be ready."""
    if UNREADY in (node["metadata"].get("annotations") or {}):
        return True
    conditions = (node.get("status") or {}).get("conditions") or []
    tainted = any(taint["key"] == "node.kubernetes.io/not-ready" for taint in node["spec"].get("taints") or [])
    return not tainted and any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
