# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processors of nodes: many images of Kubeflow are made for amd64 alone."""

from __future__ import annotations

from collections import Counter

from ..check import Answer, Question, check

_SURE = "amd64"


@check(
    asks="Whether nodes are of the architecture that all images are made for.",
    unsaid="Look by hand: kubectl get nodes -L kubernetes.io/arch",
)
def node_architecture(question: Question) -> Answer | None:
    found = Counter(
        str(((node.get("status") or {}).get("nodeInfo") or {}).get("architecture") or "unknown") for node in question.look.of("nodes")
    )
    if not found:
        return None
    shown = ", ".join(f"{count} of {name}" for name, count in sorted(found.items()))
    if set(found) == {_SURE}:
        return Answer(f"nodes: {shown}")
    if found[_SURE]:
        return Answer(
            f"nodes are of several architectures ({shown}), and some images are made for {_SURE} alone",
            "kubeflow_workloads: [{node_selector: {kubernetes.io/arch: amd64}}] keeps pods away from the others.",
            blocks=False,
        )
    return Answer(
        f"no node is of {_SURE} ({shown}), and some images are made for {_SURE} alone: their pods end with 'exec format error'",
        "Add nodes of amd64, or give images that are made for these with kubeflow_images.",
        blocks=False,
    )
