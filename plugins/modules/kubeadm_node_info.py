# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeadm_node_info
short_description: Tell what stands in the way of a cluster that kubeadm would make on a machine
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Looks at the machine itself (systemd, kernel, cgroup, swap, processors, memory, ports), at any Kubernetes that is there already, and at
    what role P(mlplatform.kubeflow.cluster_kubeadm#role) has put there before.
  - Changes nothing.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  kubernetes_version:
    description: Version of Kubernetes, as in V(1.34.4).
    type: str
    required: true
  files:
    description: Paths of the programs and units that will be put there. None where packages bring them.
    type: list
    elements: str
    default: []
  packages:
    description: Names of the packages that will be installed. None where files are put there.
    type: list
    elements: str
    default: []
  with_swap:
    description: Whether the kubelet is told to start with swap.
    type: bool
    default: false
  with_cgroup_1:
    description: Whether the kubelet is told to start with cgroup 1, where it would not by itself.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Look at a machine
  mlplatform.kubeflow.kubeadm_node_info:
    name: mycluster
    kubernetes_version: 1.34.4
  register: found

- name: Show what stands in the way
  ansible.builtin.debug:
    var: found.obstacles
"""

RETURN = r"""
obstacles:
  description: Why there can be no such cluster on the machine, a line each, with what to do about it.
  returned: success
  type: list
  elements: str
  sample: ["port 6443 is in use, which the control plane needs: ss -ltnp says by what"]
record:
  description: What an earlier run has put there. Empty when there was none.
  returned: success
  type: dict
done:
  description: Whether C(kubeadm init) has ended well in it.
  returned: success
  type: bool
new_folders:
  description: Folders of a cluster that are not there yet.
  returned: success
  type: list
  elements: str
new_packages:
  description: Those of O(packages) that are not installed yet.
  returned: success
  type: list
  elements: str
units:
  description: Which of the services C(kubelet) and C(containerd) systemd has a unit of.
  returned: success
  type: list
  elements: str
forwards:
  description: Whether the kernel forwards packets between pods and others now.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.versions import minor
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import Host
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.kubeadm import (
    Asked,
    RecordError,
    look,
    new_folders,
    new_packages,
    units,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.sysctl import current

SPEC = {
    "name": {"type": "str", "required": True},
    "kubernetes_version": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "str", "default": []},
    "packages": {"type": "list", "elements": "str", "default": []},
    "with_swap": {"type": "bool", "default": False},
    "with_cgroup_1": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    given = module.params
    if minor(given["kubernetes_version"]) is None:
        module.fail_json(msg=f"kubernetes_version '{given['kubernetes_version']}' is no version like 1.34.4")
    host = Host()
    try:
        found = look(
            host,
            Asked(
                given["name"],
                given["kubernetes_version"].lstrip("v"),
                given["files"],
                given["packages"],
                given["with_swap"],
                given["with_cgroup_1"],
            ),
        )
    except RecordError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        obstacles=found.obstacles,
        record=found.record,
        done=found.done,
        new_folders=new_folders(host),
        new_packages=new_packages(host, given["packages"]),
        units=units(host, ("kubelet", "containerd")),
        forwards=current(host, "net.ipv4.ip_forward") == 1,
    )


if __name__ == "__main__":
    main()
