# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that may not write to their volume."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r"(?:/var/lib/|/data|/bitnami|/export|/mnt)\S*[\"']?: (?:Permission denied|permission denied)|Permission denied.*/(?:var/lib|"
        r"data|export|mnt)|chown: .*Operation not permitted|"
        r"Unable to write to the backend|Error opening bolt store: .*permission denied|mkdir .*: permission denied"
    ),
    cause="Programs may not write to their volumes: the storage does not heed fsGroup (NFS and hostPath do not).",
    remedy="A class of storage that does: kubeflow_volumes: [{{storage_class: …}}]; or make the folder writable for the user that the "
    "program runs as, on the server.",
    shown="permission denied on a path of a volume; Unable to write to the backend; Error opening bolt store",
)
