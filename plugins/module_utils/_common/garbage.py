# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python's collector of cyclic garbage, kept out of the way where a great many objects are made that stay."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def all_stays() -> Iterator[None]:
    """Collect nothing meanwhile, and never look again at what is there at the end.

    While megabytes of JSON become objects, the collector goes through all of them again and again, a tenth of a run's
    time, and finds nothing: what comes from JSON has no cycles. What is freed by counting references still is.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
