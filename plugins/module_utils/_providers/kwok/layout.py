# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an embedded cluster keeps its files."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# The kernel's limit for the path of a unix socket is 107 bytes; a name is appended while it is made.
_LONGEST_SOCKET = 95
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class KwokError(Exception):
    """What was tried, on what, what came back, and what to do about it."""


@dataclass(frozen=True)
class Layout:
    """Paths of the cluster C(name) below C(root)."""

    root: Path
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise KwokError(f"Cluster name {self.name!r}: use 1 to 63 letters, digits, '-', '_' or '.', a letter or digit first and last")
        if re.search(r"\s", str(self.root)):
            # Seen with 0.7.0: it takes KWOK_WORKDIR up to the space, and runs all processes there.
            raise KwokError(f"kwokctl cannot work in {self.root}, whose path has a space in it: set XDG_STATE_HOME to another folder")

    @property
    def home(self) -> Path:
        """The folder that others may share: the kubeconfig is here by default."""
        return self.root / self.name

    @property
    def folder(self) -> Path:
        """Everything that is removed with the cluster."""
        return self.home / "kwok"

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig"

    @property
    def record(self) -> Path:
        return self.folder / "cluster.json"

    @property
    def workdir(self) -> Path:
        """KWOK_WORKDIR."""
        return self.folder / "kwok"

    @property
    def cluster(self) -> Path:
        """What kwokctl makes."""
        return self.workdir / "clusters" / self.name

    @property
    def standins(self) -> Path:
        return self.folder / "standins"

    @property
    def pace(self) -> Path:
        """How long things take on the nodes, for the stand-ins."""
        return self.standins / "pace.json"

    @property
    def faults(self) -> Path:
        """What is to go wrong, for the stand-ins."""
        return self.standins / "faults.json"

    @property
    def tools(self) -> Path:
        """A folder for PATH: kwokctl calls kubectl, and would download one that it does not find."""
        return self.folder / "tools"

    @property
    def socket(self) -> Path:
        """The API server's way to webhooks: in the folder, or in a private one with a shorter path."""
        path = self.folder / "egress.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return path
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return _short_folder() / f"{digest}.sock"

    def make_socket_folder(self) -> None:
        """Create the socket's folder with mode 0700. Refuses one that somebody else could have put there."""
        folder = self.socket.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise KwokError(
                f"The folder for the cluster's socket, {folder}, is not a folder that only this user can enter: remove it and run again"
            )


def _short_folder() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK) and len(os.fsencode(runtime)) < 50:
        return Path(runtime) / "mlplatform.kubeflow"
    # Not $TMPDIR, which may be long itself.
    return Path(tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp") / f"mlplatform.kubeflow-{os.geteuid()}"
