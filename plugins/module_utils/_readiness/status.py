# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an object is as it should be, in the words of kstatus (sigs.k8s.io/cli-utils/pkg/kstatus), and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["Current", "InProgress", "Failed", "NotFound"]


@dataclass(frozen=True)
class Status:
    """The status of one object.

    C(Failed) means that it does not heal by itself. C(message) is for people, and empty when the state is Current; C(reason) is one
    word for programs where there is one, like C(ImageGone). C(progress) says how far an object is that is InProgress: counts of what
    is done already, like pods that are ready, what comes first first. It never depends on words.
    """

    state: State
    message: str = ""
    progress: tuple[int, ...] = ()
    reason: str = ""

    @property
    def reached(self) -> tuple[int, ...]:
        """A measure that is the greater the nearer the object is to Current; for comparing statuses of one object."""
        if self.state == "NotFound":
            return (0,)
        return (2,) if self.state == "Current" else (1, *self.progress)


CURRENT = Status("Current")
NOT_FOUND = Status("NotFound", "is not there")


def in_progress(message: str, *progress: int, reason: str = "") -> Status:
    return Status("InProgress", message, progress, reason)


def failed(message: str, reason: str = "") -> Status:
    return Status("Failed", message, reason=reason)
