# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The standard error of ansible-playbook, as it was when it loaded this.

Its strategies look at the class of an action before they fork the worker that runs it (ansible-core 2.18 and later,
C(plugins/strategy/linear.py)), and a worker of 2.19 has no standard streams (C(executor/process/worker.py), C(_detach)). Where this is loaded
later there is neither a terminal nor anything to write to.
"""

from __future__ import annotations

import contextlib
import os


def _kept() -> int:
    try:
        return os.dup(2)
    except OSError:
        return -1


_KEPT = _kept()
IS_TERMINAL = _KEPT >= 0 and os.isatty(_KEPT)


def last_words(text: str) -> None:
    """Write lines when ansible-playbook has been told to end: it shows nothing any more that a worker gives it, or is gone already."""
    with contextlib.suppress(OSError):
        os.write(_KEPT, text.encode(errors="replace"))
