# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the API server can call webhooks of Services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._objects.objects import is_filled
from .rule import Seen
from .status import CURRENT, Status, in_progress


def can_be_called(callers: Iterable[tuple[str, Mapping[str, Any]]], seen: Seen) -> Status:
    """Current when all can be.

    :arg callers: each webhook's name, for messages, and its client configuration. One with a URL is not looked at.
    """
    done, lacking = 0, list[str]()
    for name, client_config in callers:
        service = client_config.get("service")
        if not service:
            continue
        if (service["namespace"], service["name"]) in seen.ready_services:
            done += 1
        else:
            lacking.append(f"{name}: Service {service['namespace']}/{service['name']} has no ready endpoint")
        if is_filled(client_config.get("caBundle")):
            done += 1
        else:
            lacking.append(f"{name}: its caBundle is not filled in")
    return in_progress(lacking[0], done) if lacking else CURRENT
