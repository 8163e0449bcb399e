# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kubectl in the loop that each release's README gives (its section on installing with a single command)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..measure import Command
from ..paths import environment

if TYPE_CHECKING:
    from ..plan import Prepared
    from .job import Job

BUILD = "kustomize build example"


def loop(prepared: Prepared) -> str:
    """Upstream's loop, in its words."""
    return f'while ! {BUILD} | {prepared.apply}; do echo "Retrying to apply resources"; sleep {prepared.pause}; done'


def kubectl(job: Job) -> Command:
    """The loop with the build taken out: what everybody gets is rendered already."""
    return _run(job, loop(job.plan.prepared).replace(BUILD, 'cat "$MANIFESTS"'))


def upstream(job: Job) -> Command:
    """The loop to the letter, building each time round."""
    return _run(job, loop(job.plan.prepared))


def _run(job: Job, command: str) -> Command:
    prepared = job.plan.prepared
    tools = job.scratch / "bin"
    if not tools.exists():
        tools.mkdir()
        for name in ("kubectl", "kustomize"):
            (tools / name).symlink_to(prepared.binaries[name])
    variables = {
        "MANIFESTS": str(job.plan.manifests),
        "KUBECONFIG": str(job.cluster.kubeconfig),
        # kubectl keeps its discovery there: of this cluster only, and from one run to the next as a user's does.
        "HOME": str(job.scratch),
        "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
    }
    return Command(["bash", "-c", command], {**environment(), **variables}, folder=Path(prepared.example).parent)
