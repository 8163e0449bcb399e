# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeadm_cluster
short_description: Have the kubeconfig of a cluster that kubeadm has made, and wait until the cluster is ready
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Runs on the controller, after role P(mlplatform.kubeflow.cluster_kubeadm#role) has made the cluster on its machine.
  - Writes the kubeconfig, and waits until the API server answers there, its node is ready and a default StorageClass is there.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Lists what is missing. The content of a kubeconfig is not shown.
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  state:
    description:
      - V(present) writes the kubeconfig and waits.
      - V(absent) removes the kubeconfig. One that names something else is left alone.
    type: str
    choices: [present, absent]
    default: present
  admin_kubeconfig:
    description:
      - Content of C(/etc/kubernetes/admin.conf) of the machine. Required when O(state=present); empty, in check mode, where there is none yet.
    type: str
  address:
    description: Under which the machine is reached from the controller. Empty means the address that kubeadm has found.
    type: str
    default: ""
  kubeconfig:
    description: Where the kubeconfig is written, with mode 0600. By default C($XDG_STATE_HOME/mlplatform.kubeflow/<name>/kubeconfig).
    type: path
  timeout:
    description: Seconds to wait.
    type: float
    default: 300
"""

EXAMPLES = r"""
- name: Read the kubeconfig of the machine
  ansible.builtin.slurp:
    src: /etc/kubernetes/admin.conf
  delegate_to: node1
  become: true
  no_log: true
  register: admin

- name: Have it here, and wait for the cluster
  mlplatform.kubeflow.kubeadm_cluster:
    name: mycluster
    admin_kubeconfig: "{{ admin.content | b64decode }}"
    address: 192.0.2.11
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
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kubeadm.cluster import Cluster, KubeadmError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.outcome import result_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root

SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "admin_kubeconfig": {"type": "str", "no_log": True},
    "address": {"type": "str", "default": ""},
    "kubeconfig": {"type": "path"},
    "timeout": {"type": "float", "default": 300},
}


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, required_if=[("state", "present", ("admin_kubeconfig",))], supports_check_mode=True)
    require(module, "urllib3", "yaml")
    given = module.params
    try:
        cluster = Cluster(state_root(), given["name"])
        kubeconfig = Path(given["kubeconfig"] or cluster.default_kubeconfig).absolute()
        if given["state"] == "absent":
            outcome = cluster.absent(kubeconfig, check=module.check_mode)
        else:
            outcome = cluster.present(kubeconfig, given["admin_kubeconfig"], given["address"], given["timeout"], check=module.check_mode)
    except (KubeadmError, ConnectionOptionsError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result_of(module, kubeconfig, outcome))


if __name__ == "__main__":
    main()
