# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in Secrets. Of most nobody needs more than the name: a Secret is read only when it is asked for."""

from __future__ import annotations

import base64
import binascii

from .api import Api, Object
from .mirror import Change, Key, Mirror

Data = dict[str, bytes]


def data_of(secret: Object) -> Data:
    """Its data, decoded."""
    found: Data = {}
    for name, value in (secret.get("data") or {}).items():
        try:
            found[name] = base64.b64decode(value or "")
        except binascii.Error:
            continue
    return found


def encoded(data: Data) -> dict[str, str]:
    """For the field C(data) of a Secret."""
    return {name: base64.b64encode(value).decode() for name, value in data.items()}


class SecretData:
    """The metadata of all Secrets, followed; the data of one, read once for each of its versions."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._mirror = Mirror(api, "/api/v1/secrets", metadata_only=True)
        self._read: dict[Key, tuple[str, Data]] = {}
        self._mirror.listen(self._changed)

    def start(self) -> None:
        self._mirror.start()

    def listen(self, on_change: Change) -> None:
        """Call this with what changes. To be used before C(start)."""
        self._mirror.listen(on_change)

    def _changed(self, key: Key, found: Object | None) -> None:
        if found is None:
            self._read.pop(key, None)

    def metadata(self, namespace: str, name: str) -> Object | None:
        """A Secret without its data, as it was when it was last seen; None when it was not seen."""
        return self._mirror.get(namespace, name)

    def data(self, namespace: str, name: str) -> Data | None:
        """None when there is no such Secret."""
        seen, known = self._mirror.get(namespace, name), self._read.get((namespace, name))
        if seen is not None and known is not None and known[0] == seen["metadata"]["resourceVersion"]:
            return known[1]
        found = self._api.find(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        if found is None:
            return None
        data = data_of(found)
        self._read[namespace, name] = found["metadata"]["resourceVersion"], data
        return data
