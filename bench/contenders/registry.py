# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is measured, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..measure import Command
from .blind import blind
from .job import FIRST, IMAGE, SECOND, Job
from .kubectl import kubectl, upstream
from .kubernetes_core import kubernetes_core
from .ours import ours, site


@dataclass(frozen=True)
class Contender:
    """C(whole): it renders too, so its figures stand in a table of their own."""

    label: str
    command: Callable[[Job], Command]
    whole: bool = False

    @property
    def scenarios(self) -> tuple[str, ...]:
        """What is measured, in this order, on one cluster. Who renders upstream's files cannot be given another image."""
        return (FIRST, SECOND) if self.whole else (FIRST, SECOND, IMAGE)


CONTENDERS = {
    "ours": Contender("module `apply`", ours),
    "blind": Contender("blind applier, 16 threads", blind),
    "kubernetes_core": Contender("`kubernetes.core.k8s`", kubernetes_core),
    "kubectl": Contender("`kubectl apply`, upstream's loop", kubectl),
    "site": Contender("`ansible-playbook site.yml`", site, whole=True),
    "upstream": Contender("`kustomize build`, `kubectl apply`, upstream's loop", upstream, whole=True),
}
