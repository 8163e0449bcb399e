# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kwok_cluster_info
short_description: Tell what there is of an embedded Kubernetes cluster
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Reads what M(mlplatform.kubeflow.kwok_cluster) has written down, and which of its processes run. The cluster itself is not asked.
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
seealso:
  - module: mlplatform.kubeflow.kwok_cluster
"""

EXAMPLES = r"""
- name: Look at the embedded cluster
  mlplatform.kubeflow.kwok_cluster_info:
    name: try
  register: found

- name: Say its version
  ansible.builtin.debug:
    var: found.kubernetes_version
"""

RETURN = r"""
exists:
  description: Whether the cluster was made, to the end, and not removed since.
  returned: always
  type: bool
kubernetes_version:
  description: Version of Kubernetes, as in V(1.34.4). Empty when there is no cluster.
  returned: always
  type: str
kubeconfig:
  description: Path of the kubeconfig. Empty when there is no cluster.
  returned: always
  type: str
server:
  description: URL of the API server. Empty when there is no cluster.
  returned: always
  type: str
processes:
  description: Ids of the processes that run, by name.
  returned: always
  type: dict
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import KwokError, Layout
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root


def main() -> None:
    module = AnsibleModule(argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True)
    try:
        found = Cluster(Layout(state_root(), module.params["name"])).info()
    except (KwokError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **asdict(found))


if __name__ == "__main__":
    main()
