# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a kubelet says when it is asked for a container's log: what a fault lets its program write; other programs write nothing.

C(GET /containerLogs/<namespace>/<pod>/<container>), pkg/kubelet/server/server.go@v1.34.4.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

from .api import Object
from .faults import Faults

Page = tuple[int, str]


class Logs:
    """C(pod(namespace, name)) gives a pod that is on a node."""

    def __init__(self, faults: Faults, pod: Callable[[str, str], Object | None]) -> None:
        self._faults, self._pod = faults, pod

    def __call__(self, target: str) -> Page:
        """Status and text for the target of a request."""
        url = urlsplit(target)
        kind, *names = [unquote(part) for part in url.path.strip("/").split("/")]
        if kind != "containerLogs" or len(names) != 3:
            return 404, "only logs are played here"
        namespace, name, container = names
        pod = self._pod(namespace, name)
        status = pod.get("status") or {} if pod else {}
        statuses = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
        found = next((item for item in statuses if item["name"] == container), None)
        if found is None:
            return 404, f'container "{container}" in pod "{name}" is not available'
        query = parse_qs(url.query)
        if query.get("previous") == ["true"] and "terminated" not in (found.get("lastState") or {}):
            return 400, f'previous terminated container "{container}" in pod "{name}" not found'
        fault = self._faults.end(namespace, name, container)
        if fault is None and "waiting" in (found.get("state") or {}):
            return 400, f'container "{container}" in pod "{name}" is waiting to start: {found["state"]["waiting"].get("reason", "")}'
        lines = fault.log.splitlines(keepends=True) if fault else []
        tail = query.get("tailLines", [""])[0]
        text = "".join(lines[-int(tail) :] if tail.isdecimal() and int(tail) else lines)
        return 200, text if text.endswith("\n") or not text else text + "\n"
