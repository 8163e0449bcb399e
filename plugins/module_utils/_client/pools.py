# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pools of connections, through a proxy or without."""

from __future__ import annotations

from typing import Any

try:
    import urllib3
except ImportError:  # the modules that talk to a cluster ask for it, see _common/requirements
    urllib3 = None  # type: ignore[assignment]

from .cluster_source import ConnectionOptionsError
from .proxies import Proxy


def pool_through(proxy: Proxy | None, **how: Any) -> Any:
    """A C(urllib3.PoolManager).

    :arg how: its other arguments, like C(ssl_context).
    :raises ConnectionOptionsError: when a SOCKS proxy is named, and the Python package for it is missing.
    """
    if proxy is None:
        return urllib3.PoolManager(**how)
    if not proxy.url.startswith("socks"):
        return urllib3.ProxyManager(proxy.url, proxy_headers=dict(proxy.headers), **how)
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError as error:
        raise ConnectionOptionsError(f"The proxy {proxy.url} needs the Python package 'PySocks' ({error})") from error
    username, password = proxy.login or (None, None)
    return SOCKSProxyManager(proxy.url, username=username, password=password, **how)
