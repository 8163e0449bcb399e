# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a contender is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..cluster import Cluster
from ..plan import Plan

FIRST, SECOND, IMAGE = "first install", "second run", "one changed image"


@dataclass(frozen=True)
class Job:
    """One plan to be installed on one cluster; C(scratch) is an empty folder of the contender's own, kept between its scenarios."""

    plan: Plan
    cluster: Cluster
    scenario: str
    scratch: Path
