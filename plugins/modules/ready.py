# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ready
short_description: Wait until a plan is ready on a cluster
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Watches all objects of a plan until each is as it should be. Otherwise it fails, says why it has not waited any longer, and names
    with a table what is not ready.
  - "Readiness is that of kstatus, for Deployments, StatefulSets, DaemonSets, Jobs, PersistentVolumeClaims, Namespaces,
    CustomResourceDefinitions, APIServices, admission webhooks (endpoint and caBundle), and cert-manager's Certificates and Issuers."
  - What does not exist is not ready, of whatever kind it is. Of other kinds that is all there is to see.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._plan
  - mlplatform.kubeflow._progress
attributes:
  check_mode:
    support: full
    details: Looks once, and neither waits nor fails.
  diff_mode:
    support: none
options:
  timeout:
    description: Seconds for all of it, from the first request on.
    type: int
    default: 1800
  stall_timeout:
    description:
      - Seconds without any progress, after which the module fails.
      - "Progress is what brings an object nearer to ready than it was before: that it appears, that more of its pods are made, updated,
        ready or available, that a condition becomes true."
      - Other words in a status are none, nor is what comes back after it was lost, like a pod that crashes again and again.
    type: int
    default: 900
seealso:
  - module: mlplatform.kubeflow.apply
"""

EXAMPLES = r"""
- name: Wait for a plan
  mlplatform.kubeflow.ready:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    timeout: 3600
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
ready:
  description: Whether everything is ready.
  returned: always
  type: bool
reason:
  description:
    - "Why the module has not waited until everything was ready: what failed for good, no progress for O(stall_timeout), no time left
      by O(timeout), or a signal."
    - Empty when everything is ready, and in check mode.
  returned: always
  type: str
table:
  description: The verdicts for people.
  returned: always
  type: str
parts:
  description: Verdict for each part, in order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the part.
      type: str
    ready:
      description: Whether all its objects are ready.
      type: bool
    objects:
      description: Number of its objects.
      type: int
    seconds:
      description: Wall time until the last was ready, or until the end of the wait, in seconds.
      type: float
    restarted:
      description: Workloads whose containers were started anew during the wait, and how often.
      type: list
      elements: str
    not_ready:
      description: What is not ready.
      type: list
      elements: dict
      contains:
        object:
          description: Kind and name.
          type: str
        state:
          description: V(InProgress), V(Failed) or V(NotFound).
          type: str
        message:
          description: Why, with the last event that the cluster gave about it.
          type: str
"""

from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import AnotherClusterError, same_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel, channel_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals, end_when_left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.wait import Wait, table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.wait_progress import WaitProgress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, plan_spec


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **plan_spec(),
            **channel_spec(),
            "timeout": {"type": "int", "default": 1800},
            "stall_timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml")
    name_options(module.params)
    params = module.params
    deadline = Deadline(params["timeout"], "timeout")
    end_on_signals(deadline)
    told = WaitProgress(Channel(params["progress"], lambda: end_when_left(deadline)))
    try:
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"])
        client = cluster_of(module).connect(deadline)
        cluster = same_cluster(client, params["cluster"], deadline)
        wait = Wait(client, plan, deadline, told)
        ended = wait.run(stall_seconds=params["stall_timeout"], once=module.check_mode)
    except (PlanError, ConnectionOptionsError, AnotherClusterError) as error:
        module.fail_json(msg=str(error))
    except ApiError as error:
        why = f"; {deadline.reason}" if deadline.expired and error.message != deadline.reason else ""
        module.fail_json(msg=f"The cluster cannot be watched: {error.message}{why}")
    result = {
        "changed": False,
        "cluster": asdict(cluster),
        "digest": plan.digest,
        "ready": ended.ready,
        "reason": ended.reason,
        "table": table(ended.verdicts),
        "parts": [asdict(verdict) for verdict in ended.verdicts],
    }
    if ended.reason:
        module.fail_json(msg=f"Not everything is ready: {ended.reason}\n{result['table']}\nCluster: {cluster.host}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
