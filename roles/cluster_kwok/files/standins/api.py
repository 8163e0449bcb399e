# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain HTTP to the API server of this cluster: JSON in, JSON out.

Only a kubeconfig that was made for this is ever read (client certificate in files, or a pod's token in one), so a parser of all
ways to log in is not needed; C(import kubernetes) alone would cost more processor time than the start of all this.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from .authority import Authority

Object = dict[str, Any]

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"

_METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
_TIMEOUT = 30.0

log = logging.getLogger(__name__)


class ApiError(Exception):
    """The API server answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Api:
    """Requests on one kept connection per thread; watches on connections of their own."""

    def __init__(self, kubeconfig: Path) -> None:
        with kubeconfig.open(encoding="utf-8") as handle:
            config = yaml.safe_load(handle)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        server = urlsplit(cluster["server"])
        self._host, self._port = server.hostname or "127.0.0.1", server.port or 443
        # kwokctl's own kubeconfig leaves the authority out; it is beside the client's certificate.
        authority = cluster.get("certificate-authority") or Path(user["client-certificate"]).with_name("ca.crt")
        self._authority = Path(authority)
        self._context = ssl.create_default_context(cafile=str(authority))
        if "client-certificate" in user:
            self._context.load_cert_chain(user["client-certificate"], user["client-key"])
        self._token_file = Path(user["tokenFile"]) if "tokenFile" in user else None
        self._local = threading.local()

    def authority(self) -> Authority:
        """The cluster's own, which signs certificates of clients and of whoever asks: its key is beside its certificate."""
        return Authority(self._authority.read_bytes(), self._authority.with_suffix(".key").read_bytes())

    def _headers(self, accept: str) -> dict[str, str]:
        headers = {"Accept": accept}
        if self._token_file:
            # A pod's token is renewed while the pod runs.
            headers["Authorization"] = f"Bearer {self._token_file.read_text(encoding='utf-8').strip()}"
        return headers

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context)

    def _answer(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        kept: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        for connection in (kept, None):
            if connection is None:
                connection = self._connect(_TIMEOUT)
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                content = response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self._local.connection = None
                if connection is not kept:
                    raise
                continue
            self._local.connection = connection
            return response.status, content
        raise AssertionError("unreachable")

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        manager: str = "",
        metadata_only: str | None = None,
        **query: str,
    ) -> Object:
        """One request. C(manager) is the field manager of a write.

        :raises ApiError: for any status from 400. :raises OSError: when there is no answer.
        """
        if manager:
            query["fieldManager"] = manager
        headers = self._headers("application/json" if metadata_only is None else _METADATA.format(metadata_only))
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), content_type
        status, content = self._answer(method, f"{path}?{urlencode(query)}" if query else path, data, headers)
        answer: Object = json.loads(content) if content[:1] == b"{" else {"message": content.decode(errors="replace")}
        if status >= 400:
            raise ApiError(status, str(answer.get("message", "")))
        return answer

    def find(self, path: str) -> Object | None:
        """GET, with None for what does not exist."""
        try:
            return self.request("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def watch(self, path: str, seconds: int, *, metadata_only: bool = False, **query: str) -> Iterator[Object]:
        """Events until the server ends the watch."""
        query |= {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        connection = self._connect(seconds + _TIMEOUT)
        try:
            headers = self._headers(_METADATA.format("") if metadata_only else "application/json")
            connection.request("GET", f"{path}?{urlencode(query)}", headers=headers)
            response = connection.getresponse()
            if response.status >= 400:
                raise ApiError(response.status, response.read().decode(errors="replace")[:300])
            while line := response.readline():
                yield json.loads(line)
        finally:
            connection.close()
