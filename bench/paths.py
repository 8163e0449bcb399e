# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where things are, and the environment that everything is run in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RELEASE_FILES = ROOT / "roles/kubeflow/vars"
COLLECTIONS = ROOT / ".collections"
KUBERNETES_CORE = Path(sys.prefix) / "kubernetes_core"
RESULTS = ROOT / "bench/results"
DOCS = ROOT / "docs"
ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


def environment(**more: str) -> dict[str, str]:
    """The caller's, without what could name a cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("K8S_AUTH_") and name != "KUBECONFIG"}
    return {
        **kept,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": f"{COLLECTIONS}:{ROOT}",
        **more,
    }
