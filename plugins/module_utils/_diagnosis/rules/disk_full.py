# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes or nodes without space."""

from __future__ import annotations

from ..rule import rule
from ..signals import event, log

rule(
    __name__,
    log(r"[Nn]o space left on device(?!.*inotify)|errno: 28"),
    event(r"no space left on device"),
    cause="A disk is full.",
    remedy="Which one the path in the evidence tells: a volume (kubeflow_volumes: [{{name: …, size: …}}], where its class allows to "
    "expand it), or the node's own (crictl rmi --prune).",
    shown="No space left on device",
)
