# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: node_prerequisites_info
short_description: Tell what a node of a cluster has and lacks for Kubeflow
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Says what M(mlplatform.kubeflow.node_prerequisites) would do with the same options, and why.
  - Looks at what no role should change by itself, too, the processor, swap, cgroup, container runtime, open files and clock.
  - Changes nothing, and needs no root.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
  - mlplatform.kubeflow._prerequisites
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  kubernetes_version:
    description:
      - The version of Kubernetes that the node will run, which decides what cgroup it needs.
      - Empty means that of the C(kubelet), C(k3s) or C(rke2) that is on the node.
    type: str
    default: ""
seealso:
  - module: mlplatform.kubeflow.node_prerequisites
"""

EXAMPLES = r"""
- name: Look at a node
  mlplatform.kubeflow.node_prerequisites_info:
  register: found

- name: Show it
  ansible.builtin.debug:
    var: found.table
"""

RETURN = r"""
distribution:
  description: The name that the distribution gives itself.
  returned: success
  type: str
  sample: Debian GNU/Linux 12 (bookworm)
kernel:
  description: Release of the kernel.
  returned: success
  type: str
  sample: 6.1.0-18-amd64
kubernetes_version:
  description: O(kubernetes_version), or the version that was found; empty when there is none.
  returned: success
  type: str
  sample: 1.34.4
findings:
  description: What was found, and what would be changed.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The thing.
      type: str
      sample: fs.inotify.max_user_instances
    now:
      description: What there is.
      type: str
      sample: "128"
    wanted:
      description: What there should be.
      type: str
      sample: 2280, at every boot too
    verdict:
      description: V(ok), V(change) for what would be changed, V(warn) for what is only told.
      type: str
      sample: change
    why:
      description: What it is good for; for V(warn) what comes of it and what to do.
      type: str
      sample: controllers crash with 'too many open files' when there are no more
table:
  description: The same as lines of text.
  returned: success
  type: list
  elements: str
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.versions import minor
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.finding import line, table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import Host, distribution, kubernetes_version
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.observations import observe
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.prerequisites import ARGUMENTS, PrerequisitesError, plan_of


def main() -> None:
    module = AnsibleModule(argument_spec={**ARGUMENTS, "kubernetes_version": {"type": "str", "default": ""}}, supports_check_mode=True)
    given = module.params["kubernetes_version"].strip()
    if given and minor(given) is None:
        module.fail_json(msg=f"kubernetes_version '{given}' is no version like 1.34.4")
    host = Host()
    try:
        findings = plan_of(host, module.params).findings
    except PrerequisitesError as error:
        module.fail_json(msg=str(error))
    version = given.lstrip("v") or kubernetes_version(host)
    if module.params["state"] == "present":
        findings += observe(host, version)
    module.exit_json(
        changed=False,
        distribution=line(distribution(host).name),
        kernel=line(host.kernel),
        kubernetes_version=version,
        findings=[asdict(one) for one in findings],
        table=table(findings),
    )


if __name__ == "__main__":
    main()
