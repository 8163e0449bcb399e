# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods of a PriorityClass that is not there."""

from __future__ import annotations

from ..rule import rule
from ..signals import event

rule(
    __name__,
    event(r"no PriorityClass with name (?P<name>\S+) was found", reason="FailedCreate"),
    cause="Pods have a PriorityClass that is not there: {name}.",
    remedy="Make it, or take it out of kubeflow_workloads (priority_class).",
    shown="no PriorityClass with name … was found",
)
