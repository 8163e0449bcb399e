# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The window of Kubernetes versions in which a release of Kubeflow works."""

from __future__ import annotations

from ..._common.versions import minor
from ..check import Answer, Question, check


@check(asks="Whether Kubernetes is inside the window of the Kubeflow release.", unsaid="")
def kubernetes_version(question: Question) -> Answer:
    version, oldest, newest = question.kubernetes, question.oldest, question.newest
    window = f"{oldest or 'any'} to {newest}" if newest else f"{oldest or 'any'} or newer"
    here = minor(version) or (0, 0)
    if here < (minor(oldest) or (0, 0)) or (newest and here > (minor(newest) or here)):
        message = f"Kubernetes is {version}, and Kubeflow {question.plan.release} needs {window}"
        return Answer(message, f"Use a cluster of Kubernetes {window}, or another release.")
    return Answer(f"Kubernetes {version} is inside {window}")
