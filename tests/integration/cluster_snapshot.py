# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every object of every kind on a cluster, by name and UID, but for what the control plane makes by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from control_plane import made_by_itself
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import list_metadata, served_kinds
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline

if TYPE_CHECKING:
    from conftest import Cluster


def snapshot(cluster: Cluster) -> dict[str, str]:
    """UIDs by kind, namespace and name."""
    deadline = Deadline(60)
    found = {}
    for resource in served_kinds(cluster.client, deadline).resources:
        _used, items = list_metadata(cluster.client, resource, deadline)
        for item in items:
            metadata = item["metadata"]
            if not made_by_itself(resource.kind, metadata["name"]):
                name = f"{resource.kind}.{resource.group} {metadata.get('namespace', '')}/{metadata['name']}"
                found[name] = metadata["uid"]
    return found


def settles_as(cluster: Cluster, before: dict[str, str], seen: Callable[[dict[str, str]], dict[str, str]] = lambda found: found) -> None:
    """The cluster is as it was; what the garbage collector still takes away is waited for.

    :arg seen: what of a snapshot is compared.
    """
    try:
        until(lambda: seen(snapshot(cluster)) == before, 30)
    except AssertionError:
        now = seen(snapshot(cluster))
        more, less = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
        other = sorted(name for name in now.keys() & before.keys() if now[name] != before[name])
        raise AssertionError(f"more: {more}; less: {less}; other ones: {other}") from None
