# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check that a plan may be applied to a cluster
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Asks the cluster whether it answers, and then by its checks. Writes nothing.
  - "V(kubernetes_version): Whether Kubernetes is inside the window of the Kubeflow release."
  - "V(rights): Whether the credentials may write what the plan holds."
  - "V(provided_parts): Whether parts that the plan takes as provided are there."
  - Fails when a check fails, with what to do about it, or an expression of O(ready_rules) is none.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._plan
  - mlplatform.kubeflow._ready_rules
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  kubernetes_min:
    description: Oldest minor version of Kubernetes, like V(1.33). Empty means any.
    type: str
    default: ""
  kubernetes_max:
    description: Newest minor version of Kubernetes. Empty means any.
    type: str
    default: ""
  overrides:
    description: Checks whose failure is only a warning.
    type: list
    elements: str
    choices: [kubernetes_version, provided_parts, rights]
    default: []
  timeout:
    description: Seconds that the cluster may take to answer.
    type: int
    default: 20
seealso:
  - module: mlplatform.kubeflow.apply
"""

EXAMPLES = r"""
- name: May Kubeflow 26.03 be installed here
  mlplatform.kubeflow.preflight:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    kubernetes_min: "1.33"
"""

RETURN = r"""
digest:
  description: Which plan it was, for option O(digest) of the next module.
  returned: success
  type: str
  sample: 4f1a2b3c4d5e6f708192a3b4
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
findings:
  description: Result of each check.
  returned: always
  type: list
  elements: dict
  contains:
    check:
      description: Name of the check, for O(overrides).
      type: str
    result:
      description: V(pass), V(warn) or V(fail).
      type: str
    message:
      description: What was found.
      type: str
    remedy:
      description: What to do about it, empty when it passed.
      type: str
began:
  description: When the module began, in seconds since the epoch.
  returned: always
  type: float
ended:
  description: When it ended, in seconds since the epoch.
  returned: always
  type: float
"""

import time
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options, option_name
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.own_rules import READY_RULES_SPEC, RulesError, own_rules
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, plan_spec


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **plan_spec(),
            "kubernetes_min": {"type": "str", "default": ""},
            "kubernetes_max": {"type": "str", "default": ""},
            "overrides": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": []},
            "timeout": {"type": "int", "default": 20},
            **READY_RULES_SPEC,
        },
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml", "jmespath")
    name_options(module.params)
    params = module.params
    began = time.time()
    try:
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"])
        _own, unused = own_rules(params["ready_rules"], plan.kinds(), option_name("ready_rules"))
        client = cluster_of(module).connect()
        cluster, findings = preflight(
            client,
            plan,
            expected=params["cluster"],
            kubernetes_min=params["kubernetes_min"],
            kubernetes_max=params["kubernetes_max"],
            overridden=params["overrides"],
            deadline=Deadline(params["timeout"], "timeout"),
        )
    except (PlanError, RulesError, ConnectionOptionsError) as error:
        module.fail_json(msg=str(error))
    for line in unused:
        module.warn(line)
    for finding in findings:
        if finding.result == "warn":
            module.warn(f"{finding.check}: {finding.message}")
    failed = [finding for finding in findings if finding.result == "fail"]
    result = {
        "changed": False,
        "cluster": asdict(cluster),
        "digest": plan.digest,
        "findings": [asdict(finding) for finding in findings],
        "began": began,
        "ended": time.time(),
    }
    if failed:
        text = "\n".join(f"{finding.check}: {finding.message}. {finding.remedy}" for finding in failed)
        module.fail_json(msg=f"The cluster was not touched:\n{text}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
