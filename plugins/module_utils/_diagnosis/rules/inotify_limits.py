# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that allow too few watches of files."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(r"too many open files|no space left on device.*inotify|inotify.*no space left on device"),
    cause="The nodes allow too few watches of files (inotify): controllers end with 'too many open files'.",
    remedy="ansible-playbook -i <inventory with the machines> mlplatform.kubeflow.nodes --tags prerequisites; by hand, on each node: "
    "sysctl fs.inotify.max_user_instances=2280 fs.inotify.max_user_watches=1255360. Pods come up by themselves with their next start.",
    shown="too many open files; failed to create fsnotify watcher",
)
