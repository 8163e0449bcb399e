# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A registry that nodes do not reach: their network, DNS, proxy or authorities."""

from __future__ import annotations

from ..rule import rule
from ..signals import pull

rule(
    __name__,
    pull(
        r"no such host|i/o timeout|connection refused|network is unreachable|no route to host|x509|tls:|request canceled|"
        r"deadline exceeded|\bEOF\b|proxyconnect|http2?: server gave|50[0234] |connection reset"
    ),
    cause="Nodes do not reach the registry {registry}.",
    remedy="On a node: crictl pull {image}. The container runtime needs the network's proxy (HTTPS_PROXY of its systemd unit) and "
    "authorities; setting them in pods does not help. Or name a registry that nodes reach: kubeflow_image_registries.",
    shown="ErrImagePull with no such host, i/o timeout, x509, connection refused",
    after=60,
)
