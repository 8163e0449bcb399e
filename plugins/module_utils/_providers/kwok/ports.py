# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Free ports of this machine's loopback, none of them another cluster's."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Collection

# Below the range that kernels give to outgoing connections.
_LOWEST, _HIGHEST = 20000, 32000


def is_free(port: int) -> bool:
    """Whether nobody listens on it, on any address of this machine."""
    for address in ("127.0.0.1", ""):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def choose(names: Collection[str], taken: Collection[int], free: Callable[[int], bool] = is_free) -> dict[str, int]:
    """A port for each name. Starts anywhere, so that two users who choose at once rarely meet.

    :raises OSError: when there are not enough.
    """
    chosen: dict[str, int] = {}
    start = random.randrange(_LOWEST, _HIGHEST)
    candidates = iter([*range(start, _HIGHEST), *range(_LOWEST, start)])
    for name in names:
        for port in candidates:
            if port not in taken and free(port):
                chosen[name] = port
                break
        else:
            raise OSError(f"no free port between {_LOWEST} and {_HIGHEST}")
    return chosen
