# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: minikube_cluster
short_description: Create, start or remove a cluster of minikube
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Runs C(minikube start) and C(minikube delete) for a profile, and only when something is missing.
  - The user's own kubeconfig is left alone; the cluster has one of its own.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Lists what is missing of the cluster.
requirements:
  - minikube, and what its driver needs
options:
  name:
    description: Name of the cluster, which minikube calls a profile. Several may run at once.
    type: str
    required: true
  state:
    description:
      - V(present) creates the cluster, starts it when it does not run, and writes its kubeconfig.
      - V(absent) removes it with all that is on it.
    type: str
    choices: [present, absent]
    default: present
  minikube:
    description: Path of C(minikube).
    type: path
    default: minikube
  kubernetes_version:
    description: Version of Kubernetes, as in V(1.34.4). Required when O(state=present). A cluster's version is never changed.
    type: str
  driver:
    description: What nodes are, as in V(docker) or V(kvm2). Empty leaves it to minikube.
    type: str
    default: ""
  nodes:
    description: How many nodes there are. The number is never changed.
    type: int
    default: 1
  cpus:
    description: CPUs of each node, a number or V(max). Empty leaves it to minikube.
    type: str
    default: ""
  memory:
    description: Memory of each node, as in V(16g). Empty leaves it to minikube.
    type: str
    default: ""
  disk:
    description: Disk of each node, as in V(80g). Empty leaves it to minikube.
    type: str
    default: ""
  apiserver_flags:
    description: Options of kube-apiserver, by name without dashes.
    type: dict
    default: {}
  kubeconfig:
    description: Where the kubeconfig is written, with mode 0600. By default C($XDG_STATE_HOME/mlplatform.kubeflow/<name>/kubeconfig).
    type: path
  timeout:
    description: Seconds that creation, start or removal may take. Downloads count.
    type: float
    default: 900
"""

EXAMPLES = r"""
- name: A cluster that is large enough for all of Kubeflow
  mlplatform.kubeflow.minikube_cluster:
    name: try
    kubernetes_version: 1.34.4
    cpus: "8"
    memory: 16g
    disk: 80g

- name: Gone again
  mlplatform.kubeflow.minikube_cluster:
    name: try
    state: absent
"""

RETURN = r"""
kubeconfig:
  description: Path of the kubeconfig.
  returned: always
  type: str
server:
  description: URL of the API server, empty when there is none.
  returned: always
  type: str
changes:
  description: What was missing (or, with O(state=absent), what was there).
  returned: always
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import ConnectionOptionsError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.minikube.cluster import Cluster, MinikubeError, Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.outcome import flag_text, result_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root

SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "minikube": {"type": "path", "default": "minikube"},
    "kubernetes_version": {"type": "str"},
    "driver": {"type": "str", "default": ""},
    "nodes": {"type": "int", "default": 1},
    "cpus": {"type": "str", "default": ""},
    "memory": {"type": "str", "default": ""},
    "disk": {"type": "str", "default": ""},
    "apiserver_flags": {"type": "dict", "default": {}},
    "kubeconfig": {"type": "path"},
    "timeout": {"type": "float", "default": 900},
}


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, required_if=[("state", "present", ("kubernetes_version",))], supports_check_mode=True)
    require(module, "urllib3", "yaml")
    given = module.params
    if given["nodes"] < 1:
        module.fail_json(msg=f"nodes is {given['nodes']}: at least 1 is needed")
    try:
        cluster = Cluster(state_root(), given["name"], given["minikube"])
        kubeconfig = Path(given["kubeconfig"] or cluster.default_kubeconfig).absolute()
        if given["state"] == "absent":
            outcome = cluster.absent(kubeconfig, given["timeout"], check=module.check_mode)
        else:
            flags = {name: flag_text(value) for name, value in given["apiserver_flags"].items()}
            sizes = {name: given[name] for name in ("driver", "nodes", "cpus", "memory", "disk")}
            wanted = Wanted(given["kubernetes_version"].removeprefix("v"), kubeconfig, apiserver_flags=flags, **sizes)
            outcome = cluster.present(wanted, given["timeout"], check=module.check_mode)
    except (MinikubeError, ConnectionOptionsError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result_of(module, kubeconfig, outcome))


if __name__ == "__main__":
    main()
