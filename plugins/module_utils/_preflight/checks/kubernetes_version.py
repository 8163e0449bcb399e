# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The window of Kubernetes versions in which a release of Kubeflow works."""

from __future__ import annotations

import re

from ..check import Answer, Question, check


@check(asks="Whether Kubernetes is inside the window of the Kubeflow release.", unsaid="")
def kubernetes_version(question: Question) -> Answer:
    version, oldest, newest = question.kubernetes, question.oldest, question.newest
    window = f"{oldest or 'any'} to {newest}" if newest else f"{oldest or 'any'} or newer"
    if (oldest and _minor(version) < _minor(oldest)) or (newest and _minor(version) > _minor(newest)):
        message = f"Kubernetes is {version}, and Kubeflow {question.plan.release} needs {window}"
        return Answer(message, f"Use a cluster of Kubernetes {window}, or another release.")
    return Answer(f"Kubernetes {version} is inside {window}")


def _minor(version: str) -> tuple[int, int]:
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)
