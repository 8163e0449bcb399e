# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container of a static pod logged, from the files that the kubelet keeps: <pod>/<container>/<count of restarts>.log."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

PATTERN = "kube-system_kube-apiserver-*/kube-apiserver/*.log"
"""Below /var/log/pods. A pod whose manifest changed is another one, with a folder of its own."""
# The container runtime's: time, stream, whole line or part of one.
_CRI = re.compile(r"^\S+ (?:stdout|stderr) [FP] ")
# Docker's.
_JSON = re.compile(r'^\{"log":"(.*?)(?:\\n)?","stream"')
# klog's lines of errors, panics, and what the command says last.
_TELLING = re.compile(r'^[EF]\d{4} |^panic:|^(?:E|e)rror: |"command failed"|unknown flag|invalid argument')
_MOST = 500


def crashes(before: Collection[str], now: Collection[str]) -> int:
    """How often the new container has ended: the highest count of restarts among files that are new."""
    counts = [int(path.stem) for path in map(PurePosixPath, set(now) - set(before)) if path.stem.isdigit()]
    return max(counts, default=0)


def telling(lines: list[str]) -> str:
    """The lines that say most, the last ones, in at most 500 characters."""
    plain = [_plain(line) for line in lines]
    plain = [line for line in plain if line]
    chosen = [line for line in plain if _TELLING.search(line)] or plain
    return " | ".join(dict.fromkeys(chosen[-3:]))[-_MOST:]


def _plain(line: str) -> str:
    found = _JSON.match(line)
    return " ".join((found[1] if found else _CRI.sub("", line)).split())
