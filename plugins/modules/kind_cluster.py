# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster
short_description: Create, repair or remove a cluster of kind
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - A cluster whose nodes are containers with a real kubelet, made by C(kind).
  - Beside the kubeconfig its files are below C($XDG_STATE_HOME/mlplatform.kubeflow/<name>), by default
    C(~/.local/state/mlplatform.kubeflow/<name>).
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
  - docker or podman, with a running service that this user may use
options:
  name:
    description: Name of the cluster. Several may run at once.
    type: str
    required: true
  state:
    description:
      - V(present) creates the cluster, starts its nodes when they have ended, and writes its kubeconfig.
      - V(absent) removes it with all that is on it.
    type: str
    choices: [present, absent]
    default: present
  kind:
    description: Path of C(kind).
    type: path
    default: kind
  engine:
    description: The container engine.
    type: str
    choices: [docker, podman]
    default: docker
  kubernetes_version:
    description:
      - Version of Kubernetes, as in V(1.34.4). Required when O(state=present).
      - A cluster's version is never changed. One of another minor version is refused; kind's images have one patch version of each.
    type: str
  images:
    description:
      - Node images with that minor version. The first one is taken that the engine has already, else the last one is pulled.
      - Required when O(state=present).
    type: list
    elements: str
  control_planes:
    description: How many nodes run the control plane. The first one runs workloads, too, where there are no workers.
    type: int
    default: 1
  workers:
    description: How many more nodes there are.
    type: int
    default: 0
  apiserver_flags:
    description: Options of kube-apiserver, by name without dashes.
    type: dict
    default: {}
  registry_mirrors:
    description: Mirrors of registries, as a list of URLs by the registry's host; C(_default) is for all that are not named.
    type: dict
    default: {}
  mounts:
    description: Folders of this machine in all nodes.
    type: list
    elements: dict
    default: []
    suboptions:
      host_path:
        description: The folder of this machine.
        type: path
        required: true
      container_path:
        description: Where nodes have it.
        type: str
        required: true
      read_only:
        description: Whether nodes may only read it.
        type: bool
        default: false
  kubeadm_patches:
    description: Documents that are merged into kubeadm's of the same C(kind), as C(kubeadmConfigPatches) of kind's own configuration.
    type: list
    elements: dict
    default: []
  kubeconfig:
    description: Where the kubeconfig is written, with mode 0600. By default C(kubeconfig) in the cluster's folder.
    type: path
  timeout:
    description: Seconds that creation, repair or removal may take. Pulling the image counts.
    type: float
    default: 600
"""

EXAMPLES = r"""
- name: A cluster with two nodes
  mlplatform.kubeflow.kind_cluster:
    name: try
    kubernetes_version: 1.34.0
    images: ["kindest/node:v1.34.0"]
    workers: 1
  register: cluster

- name: Gone again
  mlplatform.kubeflow.kind_cluster:
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
nodes:
  description: Names of the containers that are nodes.
  returned: always
  type: list
  elements: str
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
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.cluster import Cluster, Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.configuration import Mount, Shape
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kind.engine import Engine, KindError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.outcome import flag_text, result_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root

SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "kind": {"type": "path", "default": "kind"},
    "engine": {"type": "str", "choices": ["docker", "podman"], "default": "docker"},
    "kubernetes_version": {"type": "str"},
    "images": {"type": "list", "elements": "str"},
    "control_planes": {"type": "int", "default": 1},
    "workers": {"type": "int", "default": 0},
    "apiserver_flags": {"type": "dict", "default": {}},
    "registry_mirrors": {"type": "dict", "default": {}},
    "mounts": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "host_path": {"type": "path", "required": True},
            "container_path": {"type": "str", "required": True},
            "read_only": {"type": "bool", "default": False},
        },
    },
    "kubeadm_patches": {"type": "list", "elements": "dict", "default": []},
    "kubeconfig": {"type": "path"},
    "timeout": {"type": "float", "default": 600},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=SPEC, required_if=[("state", "present", ("kubernetes_version", "images"))], supports_check_mode=True
    )
    require(module, "urllib3", "yaml")
    given = module.params
    if given["control_planes"] < 1 or given["workers"] < 0:
        module.fail_json(msg=f"control_planes is {given['control_planes']} and workers {given['workers']}: at least 1 and 0 are needed")
    if given["state"] == "present" and not given["images"]:
        module.fail_json(msg="images is empty: at least one node image is needed")
    mirrors = {host: [urls] if isinstance(urls, str) else list(urls) for host, urls in given["registry_mirrors"].items()}
    try:
        cluster = Cluster(state_root(), given["name"], Engine(given["engine"], given["kind"]))
        kubeconfig = Path(given["kubeconfig"] or cluster.default_kubeconfig).absolute()
        if given["state"] == "absent":
            outcome = cluster.absent(kubeconfig, given["timeout"], check=module.check_mode)
        else:
            shape = Shape(
                control_planes=given["control_planes"],
                workers=given["workers"],
                apiserver_flags={name: flag_text(value) for name, value in given["apiserver_flags"].items()},
                registry_mirrors=mirrors,
                mounts=[Mount(**mount) for mount in given["mounts"]],
                kubeadm_patches=given["kubeadm_patches"],
            )
            wanted = Wanted(given["kubernetes_version"].removeprefix("v"), given["images"], shape, kubeconfig)
            outcome = cluster.present(wanted, given["timeout"], check=module.check_mode)
    except (KindError, ConnectionOptionsError, OSError) as error:
        module.fail_json(msg=str(error))
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(**result_of(module, kubeconfig, outcome), nodes=outcome.nodes)


if __name__ == "__main__":
    main()
