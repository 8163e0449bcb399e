# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: kwok_cluster
short_description: Create, repair or remove an embedded Kubernetes cluster
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Runs a real etcd, kube-apiserver, kube-controller-manager and kube-scheduler as plain processes of the user, with simulated nodes
    (the binary runtime of C(kwokctl)), and stand-ins for the controllers whose pods do not really run.
  - Needs no root and no container engine, and connects to nothing outside of this machine.
  - Files are below C($XDG_STATE_HOME/mlplatform.kubeflow/<name>), by default C(~/.local/state/mlplatform.kubeflow/<name>).
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
  - Linux
  - the Python package C(cryptography), for O(python)
options:
  name:
    description: Name of the cluster. Several may run at once.
    type: str
    required: true
  state:
    description:
      - V(present) creates the cluster, or repairs what is missing of it; its data stay.
      - V(absent) stops all its processes and removes all its files.
    type: str
    choices: [present, absent]
    default: present
  kubernetes_version:
    description: Version of Kubernetes, as in V(1.34.4). Required when O(state=present). A cluster's version is never changed.
    type: str
  token_request:
    description:
      - Whether the API server gives tokens on request, for which it needs C(--service-account-signing-key-file) and
        C(--service-account-issuer). V(false) starts it without them, as kubeadm did until Kubernetes 1.19. A TokenRequest is answered
        with 404 then, and pods that mount such tokens, as Istio's do, wait for ever.
      - V(false) is refused from Kubernetes 1.20 on, which does not start so. It is never changed for a cluster that is there.
    type: bool
    default: true
  nodes:
    description: How many nodes are simulated.
    type: int
    default: 3
  kubeconfig:
    description: Where the kubeconfig is written, with mode 0600. By default C(kubeconfig) in the cluster's folder.
    type: path
  binaries:
    description:
      - Paths of C(kwokctl), C(kwok), C(etcd), C(kubectl), C(kube-apiserver), C(kube-controller-manager) and C(kube-scheduler), by name.
      - Required when O(state=present).
    type: dict
  standins:
    description: Folder of the Python package C(standins). Required when O(state=present).
    type: path
  python:
    description: The Python that runs the stand-ins. By default the one that runs this module.
    type: path
  pull_seconds:
    description: Seconds that a simulated node takes to pull an image that it does not have. May be changed at any time.
    type: float
    default: 0
  pull_seconds_by_image:
    description:
      - Seconds for particular images, by name as pods have it, or by a pattern with C(*). The longest that fits counts.
    type: dict
    default: {}
  secret_refresh_seconds:
    description:
      - Seconds until a running pod sees that a Secret which it mounts has changed. May be changed at any time.
      - A kubelet looks each C(syncFrequency), which is a minute unless it is set otherwise, and up to half as long again;
        to that comes what its cache of Secrets takes, next to nothing with the default C(Watch).
      - It matters to programs that write the certificate of their webhooks into a Secret which they mount, like the controllers of
        Trainer and JobSet. They are not ready before.
    type: float
    default: 0
  faults:
    description:
      - What goes wrong on the cluster, to see what one would be told. May be changed at any time, also to none.
      - "Each is a dictionary with C(fault), and what it is about. Names are patterns with C(*); those of pods, claims and services have
        their namespace before them, as in V(kubeflow/mysql-*)."
      - "C(image_not_found), C(image_denied), C(rate_limited), C(registry_unreachable), C(wrong_architecture): C(images) that a node
        does not have yet cannot be had."
      - "C(crash), C(out_of_memory): C(pods), or their C(container) only, end C(after) some seconds (1), again and again. C(exit_code) is
        that of a crash (1), C(log) what C(kubectl logs) shows."
      - "C(probe_fails): the readiness probe of C(pods), or of their C(container), where they have one."
      - "C(node_small): C(nodes) have only so much C(cpu), C(memory) and C(room) for pods. C(node_not_ready): C(nodes) are lost."
      - "C(no_default_storage_class). C(no_provisioner): nobody makes volumes for C(claims)."
      - "C(quota): the C(namespace) has a ResourceQuota named rehearsed with these C(hard) limits."
      - "C(webhook_hangs): the C(service) does not answer. C(controller_hangs): the C(controller) runs and does nothing: C(cert-manager),
        C(cainjector), C(istiod), C(knative-webhook), C(cache-deployer) or C(profile-controller)."
    type: list
    elements: dict
    default: []
  timeout:
    description: Seconds that creation or repair may take.
    type: float
    default: 120
"""

EXAMPLES = r"""
- name: Embedded cluster
  mlplatform.kubeflow.kwok_cluster:
    name: try
    kubernetes_version: 1.34.4
    binaries: "{{ binary_paths }}"
    standins: "{{ role_path }}/files/standins"
  register: cluster

- name: Gone again
  mlplatform.kubeflow.kwok_cluster:
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
kubernetes_version:
  description: Version of Kubernetes.
  returned: when O(state=present)
  type: str
processes:
  description: Process ids by name.
  returned: always
  type: dict
changes:
  description: What was missing (or, with O(state=absent), what was there).
  returned: always
  type: list
  elements: str
"""

import sys
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Cluster, Wanted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.faults import faults
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import KwokError, Layout
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.pace import pace
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.outcome import result_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.state import state_root

SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "kubernetes_version": {"type": "str"},
    "token_request": {"type": "bool", "default": True, "no_log": False},
    "nodes": {"type": "int", "default": 3},
    "kubeconfig": {"type": "path"},
    "binaries": {"type": "dict"},
    "standins": {"type": "path"},
    "python": {"type": "path"},
    "pull_seconds": {"type": "float", "default": 0},
    "pull_seconds_by_image": {"type": "dict", "default": {}},
    "secret_refresh_seconds": {"type": "float", "default": 0, "no_log": False},
    "faults": {"type": "list", "elements": "dict", "default": []},
    "timeout": {"type": "float", "default": 120},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=SPEC,
        required_if=[("state", "present", ("kubernetes_version", "binaries", "standins"))],
        supports_check_mode=True,
    )
    require(module, "yaml")
    given = module.params
    if not sys.platform.startswith("linux"):
        module.fail_json(msg=f"The embedded cluster runs on Linux only, and this is {sys.platform}: use another cluster provider")
    try:
        layout = Layout(state_root(), given["name"])
        kubeconfig = Path(given["kubeconfig"] or layout.kubeconfig).absolute()
        cluster = Cluster(layout)
        if given["state"] == "absent":
            outcome = cluster.absent(kubeconfig, check=module.check_mode)
        else:
            wanted = Wanted(
                version=given["kubernetes_version"].removeprefix("v"),
                nodes=given["nodes"],
                kubeconfig=kubeconfig,
                binaries={name: str(path) for name, path in given["binaries"].items()},
                standins=Path(given["standins"]).absolute(),
                python=given["python"] or sys.executable,
                pace=pace(given["pull_seconds"], given["pull_seconds_by_image"], given["secret_refresh_seconds"]),
                faults=faults(given["faults"]),
                token_request=given["token_request"],
            )
            outcome = cluster.present(wanted, given["timeout"], check=module.check_mode)
    except (KwokError, OSError) as error:
        module.fail_json(msg=str(error))
    version = {"kubernetes_version": given["kubernetes_version"].removeprefix("v")} if given["state"] == "present" else {}
    module.exit_json(**result_of(module, kubeconfig, outcome), processes=outcome.processes, **version)


if __name__ == "__main__":
    main()
