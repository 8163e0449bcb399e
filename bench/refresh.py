# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With kubelets that show pods a changed Secret after a minute: programs that mount the certificate they write wait for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .once import installed
from .plan import Plan

RELEASE = "26.03"
# A kubelet's syncFrequency, when nobody sets another.
REFRESH = 60


def run(folder: Path, plan: Plan, keep: Callable[[dict[str, Any]], None], say: Callable[[str], None]) -> None:
    release = plan.prepared.release
    with installed(folder / f"{release}-refresh", plan, cluster_kwok_secret_refresh_seconds=REFRESH) as found:
        record = {
            "release": release,
            "refresh_seconds": REFRESH,
            "seconds": found.measured.seconds,
            "client_cpu": found.measured.client_cpu,
            "server_cpu": found.measured.server_cpu,
            "ready_seconds": found.ready_seconds,
        }
    say(f"{release} with Secrets seen after {REFRESH} s: applied in {record['seconds']} s, ready after {record['ready_seconds']} s")
    keep(record)
