# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CoreDNS that asks itself."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(r"plugin/loop: Loop .* detected"),
    cause="CoreDNS ends because it would ask itself: the nodes' resolv.conf names a resolver on the node (systemd-resolved).",
    remedy="Give kubelets resolvConf: /run/systemd/resolve/resolv.conf and restart them, then the pods of CoreDNS.",
    shown='plugin/loop: Loop (127.0.0.1:… -> :53) detected for zone "."',
)
