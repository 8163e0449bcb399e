# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory and the install record after an uninstall, and their namespace, which goes last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .._apply.going import why_going
from .._client.http import ApiError, Client
from .._common.deadline import Deadline
from .._inventory.applysets import HOME, applied_by, contents_of, parent_name, parent_of, recorded_in
from .._inventory.installed import CONFIG_MAPS, Installed, InstalledPart
from .._inventory.record import NAME, read_record, record_of
from .order import Removal

_HOME = f"/api/v1/namespaces/{HOME}"


class Looked(Protocol):
    """What was read last."""

    installed: Installed
    removal: Removal


class Books:
    """Kept so that what stays can be found by the next run, and nothing more is said to be there.

    :arg tooling: name and version of the keeper, as KEP-3659 has it.
    """

    def __init__(self, client: Client, manager: str, tooling: str, deadline: Deadline) -> None:
        self._client, self._manager, self._tooling, self._deadline = client, manager, tooling, deadline

    def are_closed(self, found: Looked) -> bool:
        """Whether they say what is there, once all that goes is gone."""
        installed = found.installed
        if set(read_record(installed.record)) & set(found.removal.parts):
            return False
        if not all(self._says(installed.parts[name], found.removal) for name in found.removal.parts):
            return False
        return bool(installed.parts) or self._home() is None

    def close(self, found: Looked, before_the_end: Callable[[], None]) -> bool:
        """Write what is there now.

        :arg before_the_end: called when the namespace itself goes.
        :returns: whether nothing is left.
        :raises ApiError: when the API server refuses, or the namespace does not go until the deadline.
        """
        installed, removal = found.installed, found.removal
        staying = {part for part in installed.parts if part not in removal.parts} | {kept.part for kept in removal.kept}
        if not staying:
            before_the_end()
            self._remove_home()
            return True
        for name in removal.parts:
            part = installed.parts[name]
            if self._says(part, removal):
                continue
            path = f"{CONFIG_MAPS}/{parent_name(name)}"
            if name in staying:
                contents = contents_of(kept.key for kept in removal.kept if kept.part == name)
                self._apply(path, parent_of(name, contents, self._tooling, data_only=True))
            else:
                self._delete(path)
        if set(read_record(installed.record)) & set(removal.parts):
            self._apply(f"{CONFIG_MAPS}/{NAME}", record_of(installed.record, {}, gone=removal.parts))
        return False

    def _says(self, part: InstalledPart, removal: Removal) -> bool:
        keys = [kept.key for kept in removal.kept if kept.part == part.name]
        if not keys:
            return part.parent is None
        return part.parent is not None and part.holds_data_only and recorded_in(part.parent) == contents_of(keys)

    def _home(self) -> dict[str, Any] | None:
        try:
            live: dict[str, Any] = self._client.get(_HOME, deadline=self._deadline)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        # One that somebody else has made is not ours to remove.
        return live if applied_by(live, self._manager) else None

    def _remove_home(self) -> None:
        live = self._home()
        if live is None:
            return
        uid, pause = live["metadata"]["uid"], 0.05
        self._delete(_HOME, uid)
        while (live := self._home()) is not None and live["metadata"]["uid"] == uid:
            if not self._deadline.wait(pause):
                raise ApiError(0, f"Namespace {HOME} does not go: {why_going(live)}")
            pause = min(pause * 1.5, 1.0)

    def _apply(self, path: str, body: dict[str, Any]) -> None:
        self._client.apply(path, body, manager=self._manager, force=True, deadline=self._deadline)

    def _delete(self, path: str, uid: str = "") -> None:
        options = {"apiVersion": "v1", "kind": "DeleteOptions", **({"preconditions": {"uid": uid}} if uid else {})}
        try:
            self._client.request("DELETE", path, body=options, deadline=self._deadline)
        except ApiError as error:
            if error.status != 404:
                raise
