# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options, once, with the names that kubernetes.core gave them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
notes:
  - "One source names the cluster, as a whole: the options, when O(kubeconfig) or O(host) is among them; else the environment variables
    C(K8S_AUTH_*), which have the names that kubernetes.core gave them. They never mix, so that a token of one cluster is not
    shown to another. Variables that are set beside options that name a cluster are ignored, with a warning; options beside variables that name
    one are refused."
  - Inside one source, O(kubeconfig) and O(host) exclude each other (also E(K8S_AUTH_KUBECONFIG) and E(K8S_AUTH_HOST)). Beside a kubeconfig,
    O(api_key), O(username) or O(client_cert) take the place of its user as a whole, and O(ca_cert), O(validate_certs), O(proxy) and
    O(no_proxy) of what it says itself.
  - E(KUBECONFIG), C(~/.kube/config) and in-cluster credentials are not read, so that a cluster is only changed when it was named.
options:
  kubeconfig:
    description:
      - Path of one kubeconfig. Environment variable E(K8S_AUTH_KUBECONFIG).
      - A program that it names for credentials (C(exec)) is run without a terminal, and has 60 seconds.
    type: path
  context:
    description: Context in the kubeconfig; by default its current one. Environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description: URL of the API server. Environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description: Bearer token; blanks and line breaks around it are left out. Environment variable E(K8S_AUTH_API_KEY).
    type: str
  username:
    description: User for basic authentication, with O(password). Environment variable E(K8S_AUTH_USERNAME).
    type: str
  password:
    description: Password for basic authentication. Environment variable E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description:
      - Whether the API server's certificate is checked. Environment variable E(K8S_AUTH_VERIFY_SSL).
      - By default what the kubeconfig says, and V(true) with O(host) or O(ca_cert).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - Path of the certificates that the API server's is checked with, in PEM. Environment variable E(K8S_AUTH_SSL_CA_CERT).
      - By default the kubeconfig's, else those that the system trusts.
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description: Path of a client certificate. Environment variable E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description: Path of the client certificate's key; by default the same file. Environment variable E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - URL of a proxy (HTTP, HTTPS or SOCKS5), which may have a user and password in it. Environment variable E(K8S_AUTH_PROXY).
      - "By default the kubeconfig's C(proxy-url), else what E(HTTPS_PROXY), E(HTTP_PROXY) and E(NO_PROXY) say, as kubectl reads them:
        the environment's proxy is never asked for C(localhost) and loopback addresses, and E(NO_PROXY) does not count for a kubeconfig's C(proxy-url)."
    type: str
  no_proxy:
    description:
      - "Comma-separated hosts that are reached without a proxy, whichever it is: names (with what is below them), addresses, CIDRs,
        each of the first two perhaps with a port, or V(*). Environment variable E(K8S_AUTH_NO_PROXY)."
      - By default E(NO_PROXY), for the environment's proxy.
    type: str
  cluster:
    description:
      - RV(mlplatform.kubeflow.cluster_info#module:cluster), or what another module of the run has returned by that name. The module fails before it
        does anything when it comes upon another cluster.
    type: dict
    suboptions:
      host:
        description: URL of the API server. It is compared when one of the two UIDs is not known.
        type: str
        required: true
      uid:
        description: UID of the namespace kube-system. Empty when it could not be read.
        type: str
        default: ""
requirements:
  - urllib3 >= 1.26 and PyYAML, which the Python package kubernetes brings
  - kubernetes >= 24.2.0, for a kubeconfig with an C(auth-provider)
"""
