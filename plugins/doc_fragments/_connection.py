# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options, once, with the names that kubernetes.core gave them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig. Environment variable E(K8S_AUTH_KUBECONFIG).
      - E(KUBECONFIG) and C(~/.kube/config) are not read, so that a cluster is only changed when it was named.
    type: path
  context:
    description: Context in the kubeconfig; by default its current one. Environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description: URL of the API server, alone or instead of the kubeconfig's. Environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description: Bearer token. Environment variable E(K8S_AUTH_API_KEY).
    type: str
  username:
    description: User for basic authentication. Environment variable E(K8S_AUTH_USERNAME).
    type: str
  password:
    description: Password for basic authentication. Environment variable E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description: Whether the API server's certificate is checked. Environment variable E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description: Path of the certificates that the API server's is checked with. Environment variable E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description: Path of a client certificate. Environment variable E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description: Path of the client certificate's key. Environment variable E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description: URL of an HTTP proxy. Environment variable E(K8S_AUTH_PROXY).
    type: str
  no_proxy:
    description: Comma-separated hosts that are reached without the proxy. Environment variable E(K8S_AUTH_NO_PROXY).
    type: str
requirements:
  - kubernetes >= 24.2.0, but neither 34 nor 35, which ignore NO_PROXY
"""
