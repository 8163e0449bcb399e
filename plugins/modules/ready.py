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
    what is not ready.
  - "It does not wait for what cannot heal by itself, after a grace of some seconds: an image that its registry does not have or does not
    give, a quota that is exceeded, pods that admission refuses, a claim without a StorageClass, a Job past its back-off limit, a key that
    a ConfigMap or Secret of the plan does not hold, a pod without the sidecar that it must have; and after two minutes a pod that no node
    takes. A registry that limits pulls or does not answer is waited for, and said. Once something has failed for good the wait goes on for
    at most 8 seconds, so that all that fails alike is told at once."
  - "Readiness is that of kstatus, for Deployments, StatefulSets, DaemonSets, ReplicaSets, Pods, Jobs, PersistentVolumeClaims, Namespaces,
    CustomResourceDefinitions, APIServices, PodDisruptionBudgets, and admission webhooks (endpoint and caBundle)."
  - "Custom resources with a rule: those of cert-manager, Knative, KServe, Katib, the training operators, Argo's Workflows, Spark, JobSet,
    Profiles (by their namespace and RoleBinding), Notebooks, Tensorboards and PVCViewers. Others are judged as kstatus does, by
    C(observedGeneration) and the conditions Reconciling, Stalled and Ready, where they have any."
  - What does not exist is not ready, of whatever kind it is. Of kinds without a status that is all there is to see.
  - Pods count as far as they belong to a workload of the plan, by C(ownerReferences); no other pod is looked at.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._plan
  - mlplatform.kubeflow._progress
  - mlplatform.kubeflow._ready_rules
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
      - Each part has this time for itself. It begins anew when an object of the part comes nearer to ready, and when another part has
        become ready, since that may be what this one has waited for. A part whose time is over is said to be stalled; the module fails
        once every part that is not ready is.
    type: int
    default: 900
  fail_when_not_ready:
    description:
      - Whether the module fails when the wait ends before everything is ready.
      - With V(false) it is for the caller to look at RV(ready) and RV(reason). Ansible shows the whole result of a module that fails, with every
        object and its times.
    type: bool
    default: true
  events:
    description:
      - Path of a file for what the cluster says during the wait, since it forgets its events after an hour. One that is there is replaced.
      - JSON lines, one for each event as it was last. Warnings, and those that tell what is waited for; at most 2000, of which the last line
        tells when some were left out (V(Omitted)).
      - Nothing is written in check mode.
    type: path
seealso:
  - module: mlplatform.kubeflow.apply
"""

EXAMPLES = r"""
- name: Wait for a plan
  mlplatform.kubeflow.ready:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    timeout: 3600

- name: Wait for a plan, with a rule for a kind that says in its own way how it is
  mlplatform.kubeflow.ready:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    ready_rules:
      - kind: Backup
        group: example.com
        ready: status.phase == 'Completed'
        failed: contains(['Failed', 'PartiallyFailed'], status.phase || '')
        message: "join(': ', [status.phase || 'not begun', status.failureReason || ''])"
  register: waited
  failed_when: false

- name: Go on by what is not ready
  ansible.builtin.include_tasks: images.yml
  when: "'ImageGone' in waited.parts | mlplatform.kubeflow.not_ready | map(attribute='reason')"
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
msg:
  description: "The verdicts for people: a line for each part, and below it what is not ready and why."
  returned: when everything is ready, or the wait has ended before
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
    stalled:
      description: Whether it is not ready and has made no progress for O(stall_timeout).
      type: bool
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
          description: V(InProgress), V(NotFound), or V(Failed) for what does not heal by itself.
          type: str
        message:
          description: Why, and what its pods wait for.
          type: str
        reason:
          description:
            - One word for it where there is one, otherwise empty.
            - Of what does not heal by itself V(ImageGone), V(ImageDenied), V(ImageNameInvalid), V(KeyMissing), V(Unschedulable),
              V(QuotaExceeded), V(AdmissionRefused), V(NoStorageClass), V(SidecarMissing), V(NamespaceTaken), or that of a Job's condition,
              like V(BackoffLimitExceeded).
            - V(Stalled) for anything else of a part that is stalled.
          type: str
          sample: ImageGone
timeline:
  description:
    - When what became of each workload of the plan that is there (Deployment, StatefulSet, DaemonSet, Job), by the cluster's own times.
    - Times are seconds since the epoch; none where it has not come to that, or the cluster has forgotten.
  returned: always
  type: list
  elements: dict
  contains:
    part:
      description: Name of the part.
      type: str
    object:
      description: Kind and name.
      type: str
    made:
      description: When it was made.
      type: float
    scheduled:
      description: When the last of its pods got a node.
      type: float
    pulled:
      description: When the last of its images was on its node.
      type: float
    ready:
      description: When the last of its pods was ready, or when the Job had completed.
      type: float
    pulling:
      description: Its images that were pulled meanwhile.
      type: list
      elements: dict
      contains:
        image:
          description: The image.
          type: str
        began:
          description: When the first pod began to pull it.
          type: float
        ended:
          description: When the last had it.
          type: float
began:
  description: When the wait began, in seconds since the epoch on the controller.
  returned: always
  type: float
ended:
  description: When it ended.
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
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import AnotherClusterError, same_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel, channel_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals, end_when_left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options, option_name
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.own_rules import READY_RULES_SPEC, RulesError, own_rules
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.verdicts import table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.wait import Wait
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
            "fail_when_not_ready": {"type": "bool", "default": True},
            "events": {"type": "path"},
            **READY_RULES_SPEC,
        },
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml", "jmespath")
    name_options(module.params)
    params = module.params
    began = time.time()
    deadline = Deadline(params["timeout"], "timeout")
    end_on_signals(deadline)
    told = WaitProgress(Channel(params["progress"], lambda: end_when_left(deadline)))
    try:
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"])
        own, _unused = own_rules(params["ready_rules"], plan.kinds(), option_name("ready_rules"))
        client = cluster_of(module).connect(deadline)
        cluster = same_cluster(client, params["cluster"], deadline)
        events = Path(params["events"]) if params["events"] and not module.check_mode else None
        wait = Wait(client, plan, deadline, own=own, events=events, told=told)
        ended = wait.run(stall_seconds=params["stall_timeout"], once=module.check_mode)
    except (PlanError, RulesError, ConnectionOptionsError, AnotherClusterError) as error:
        module.fail_json(msg=str(error))
    except ApiError as error:
        why = f"; {deadline.reason}" if deadline.expired and error.message != deadline.reason else ""
        module.fail_json(msg=f"The cluster cannot be watched: {error.message}{why}")
    except OSError as error:
        module.fail_json(msg=f"The events cannot be kept in {params['events']}: {error.strerror or error}")
    result = {
        "changed": False,
        "cluster": asdict(cluster),
        "digest": plan.digest,
        "ready": ended.ready,
        "reason": ended.reason,
        "parts": [asdict(verdict) for verdict in ended.verdicts],
        "timeline": [asdict(line) for line in ended.timeline],
        "began": began,
        "ended": time.time(),
    }
    # In check mode the parts say it, and on an empty cluster all of it is long.
    if ended.ready or ended.reason:
        result["msg"] = table(ended.verdicts)
    if ended.reason:
        result["msg"] = f"Not everything is ready: {ended.reason}\n{result['msg']}\nCluster: {cluster.host}"
        if params["fail_when_not_ready"]:
            module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
