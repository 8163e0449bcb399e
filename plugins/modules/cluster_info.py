# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Say which cluster is meant, and whether it answers
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Finds out which cluster the options or the environment name, asks it who it is, and writes nothing.
  - Warns when the certificate of the cluster is not checked.
  - Fails when no cluster is named, when what names it cannot be used, and when it does not answer or does not accept the credentials.
  - "Its RV(cluster) is for option O(cluster) of the other modules, so that all phases of a run work on one and the same cluster."
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  timeout:
    description: Seconds that the cluster may take to answer.
    type: int
    default: 20
seealso:
  - module: mlplatform.kubeflow.preflight
"""

EXAMPLES = r"""
- name: Ask the cluster who it is
  mlplatform.kubeflow.cluster_info:
    kubeconfig: /home/me/cluster.kubeconfig
  register: info

- name: Apply a plan to no other cluster
  mlplatform.kubeflow.apply:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    cluster: "{{ info.cluster }}"
"""

RETURN = r"""
msg:
  description: The cluster in one line, for people.
  returned: always
  type: str
cluster:
  description: The cluster that was talked to.
  returned: success
  type: dict
  contains:
    host:
      description: URL of the API server.
      type: str
    uid:
      description: UID of the namespace kube-system; empty when the credentials may not read it.
      type: str
kubeconfig:
  description: Path of the kubeconfig that names the cluster; empty when it is named without one.
  returned: success
  type: str
context:
  description: Context in the kubeconfig; empty when the cluster is named without one.
  returned: success
  type: str
kubernetes_version:
  description: Version of the API server, like V(1.34.4).
  returned: success
  type: str
nodes:
  description: The nodes together. Empty when the credentials may not list them.
  returned: success
  type: dict
  contains:
    count:
      description: Number of nodes.
      type: int
    ready:
      description: How many of them are ready.
      type: int
    schedulable:
      description: How many of those take pods that tolerate no taint.
      type: int
    versions:
      description: Versions of their kubelets, each once.
      type: list
      elements: str
    allocatable:
      description: What those that take pods give to them, in sum.
      type: dict
      contains:
        cpu:
          description: Cores.
          type: float
        memory:
          description: Bytes.
          type: int
        pods:
          description: Number of pods.
          type: int
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    UNREACHABLE,
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import (
    AnotherClusterError,
    kubernetes_version,
    same_cluster,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.nodes import read_nodes
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require


def main() -> None:
    module = AnsibleModule(
        argument_spec={**connection_spec(), "timeout": {"type": "int", "default": 20}},
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml")
    name_options(module.params)
    try:
        named = cluster_of(module)
        client = named.connect()
        deadline = Deadline(module.params["timeout"], "timeout")
        version = kubernetes_version(client, deadline).removeprefix("v")
        cluster = same_cluster(client, module.params["cluster"], deadline)
        nodes = read_nodes(client, deadline)
    except (ConnectionOptionsError, AnotherClusterError) as error:
        module.fail_json(msg=str(error))
    except ApiError as error:
        module.fail_json(msg=f"{client.host} does not answer as it should: {error.message}. {UNREACHABLE}")
    context = f" (context {named.context})" if named.context else ""
    if named.unverified:
        module.warn(named.unverified)
    module.exit_json(
        changed=False,
        msg=f"Cluster: {cluster.host}{context}, Kubernetes {version}{', whose certificate is not checked' if named.unverified else ''}",
        cluster=asdict(cluster),
        kubeconfig=named.kubeconfig,
        context=named.context,
        kubernetes_version=version,
        nodes=asdict(nodes) if nodes else {},
    )


if __name__ == "__main__":
    main()
