# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of kubeadm as the controller has it: its kubeconfig, and whether it is reached and ready."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # who uses this asks for it, see _common/requirements
    yaml = None  # type: ignore[assignment]

from ..._client.connection import connect
from ..._client.http import ApiError
from ..._common.deadline import Deadline
from ..._common.files import private_folder, write_private
from ..outcome import Outcome
from ..reached import missing_nodes, server_of
from ..state import is_replaceable

_PAUSE_SECONDS = 0.5
_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
# Older than 1.19 clusters of Kubeflow 1.4 know it by its beta name, too.
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


class KubeadmError(Exception):
    """What was tried, on what, what came back, and what to do about it."""


class Cluster:
    """The cluster C(name), with its files below C(root)."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.default_kubeconfig = root / name / "kubeconfig"
        # kubeadm's own: cmd/kubeadm/app/util/kubeconfig/kubeconfig.go@v1.34.4.
        self._context = f"kubernetes-admin@{name}"

    def present(self, kubeconfig: Path, admin: str, address: str, seconds: float, *, check: bool = False) -> Outcome:
        """Write its kubeconfig where it is missing or differs, and wait until the cluster is as others need it.

        :arg admin: C(/etc/kubernetes/admin.conf) of the machine; empty, in check mode, where there is none yet.
        :arg address: under which the machine is reached from here; empty for what kubeadm has found.
        :raises KubeadmError: when that is not possible.
        """
        if not is_replaceable(kubeconfig, self._context):
            raise KubeadmError(
                f"{kubeconfig} names something else than kubeadm's cluster {self.name}: it is not overwritten; give another path"
            )
        if not admin:
            return Outcome([f"{kubeconfig} is missing"])
        content = addressed(admin, address)
        outcome = Outcome([f"{kubeconfig} is missing, open to others, or differs"] if _differs(kubeconfig, content) else [])
        if outcome.changes and check:
            return outcome
        if outcome.changes:
            private_folder(kubeconfig.parent)
            write_private(kubeconfig, content)
        self._await(kubeconfig, Deadline(seconds))
        outcome.server = server_of(kubeconfig)
        return outcome

    def absent(self, kubeconfig: Path, *, check: bool = False) -> Outcome:
        """Remove its kubeconfig; one that names something else is left alone."""
        mine = kubeconfig.exists() and is_replaceable(kubeconfig, self._context)
        if mine and not check:
            kubeconfig.unlink(missing_ok=True)
        return Outcome([f"{kubeconfig} exists"] if mine else [])

    def _await(self, kubeconfig: Path, deadline: Deadline) -> None:
        client = connect({"kubeconfig": str(kubeconfig)}, {})
        why = "no time left"
        while not deadline.expired:
            try:
                why = missing_nodes(client, 1, deadline)
                if not why and not _has_default(client.get(_CLASSES, deadline=deadline)["items"]):
                    raise KubeadmError(
                        f"Cluster {self.name} has no default StorageClass, and volumes of Kubeflow name none: annotate one in "
                        f"its manifest with {_DEFAULT_CLASS[0]}: 'true'"
                    )
            except ApiError as error:
                why = error.message
            if not why:
                return
            deadline.wait(_PAUSE_SECONDS)
        raise KubeadmError(f"Cluster {self.name}, {client.host}: gave up after {deadline.seconds:.0f} s: {why}")


def addressed(kubeconfig: str, address: str) -> str:
    """A kubeconfig with another address in the URL of its only server, and nothing else changed."""
    try:
        [cluster] = (yaml.safe_load(kubeconfig) or {})["clusters"]
        server = cluster["cluster"]["server"]
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise KubeadmError("/etc/kubernetes/admin.conf of the machine is no kubeconfig with one cluster") from error
    if not address:
        return kubeconfig
    host = f"[{address}]" if ":" in address and not address.startswith("[") else address
    return kubeconfig.replace(server, re.sub(r"(?<=//)(\[[^]]*\]|[^:/]*)", lambda _found: host, server, count=1))


def _differs(path: Path, content: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") != content or path.stat().st_mode & 0o777 != 0o600
    except (OSError, UnicodeDecodeError):
        return True


def _has_default(classes: list[dict[str, Any]]) -> bool:
    return any((found["metadata"].get("annotations") or {}).get(name) == "true" for found in classes for name in _DEFAULT_CLASS)
