# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: prune
short_description: Say what is installed and in no plan any more, and remove it
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Finds objects that M(mlplatform.kubeflow.apply) has applied, by their label and its field manager, and that the plan does not hold. Those are
    objects of its parts that a setting leaves out now, and with O(whole) all of other parts.
  - Says what it found. With O(remove) it removes that, in the order of M(mlplatform.kubeflow.uninstall), once all of the plan is applied.
  - "Never goes without an explicit yes for its kind (O(kinds)) that with which more would go: namespaces, volume claims, Profiles, and
    CustomResourceDefinitions of which there are objects. Nor do Secrets with values in namespaces of volume claims. A namespace or a kind that
    holds what stays never goes."
  - Objects of parts that the plan takes as provided stay. An empty plan removes nothing.
  - It runs alone, by the same Lease as M(mlplatform.kubeflow.apply).
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
    details: RV(objects) are those that would go.
  diff_mode:
    support: none
options:
  remove:
    description: Whether what is found is removed.
    type: bool
    default: false
  whole:
    description:
      - Whether the plan is all that is wanted, so that parts that it does not have are left out on purpose.
      - Without it only parts of the plan are looked at.
    type: bool
    default: false
  kinds:
    description: Kinds that may go although more goes with them. Where one holds objects of another, like a namespace volume claims, both are needed.
    type: list
    elements: str
    choices: [Namespace, CustomResourceDefinition, PersistentVolumeClaim, Profile]
    default: []
  collection_version:
    description: Version of this collection, which the inventory records as that of its keeper.
    type: str
    default: 0.0.0
  field_manager:
    description: Name under which M(mlplatform.kubeflow.apply) has applied the objects.
    type: str
    default: mlplatform.kubeflow
  timeout:
    description: Seconds for all of it.
    type: int
    default: 600
  stall_timeout:
    description:
      - Seconds without any object going, after which what is left is named.
      - Pods that end in the time that they were given (C(terminationGracePeriodSeconds)) are waited for beyond that.
    type: int
    default: 60
seealso:
  - module: mlplatform.kubeflow.apply
  - module: mlplatform.kubeflow.uninstall
"""

EXAMPLES = r"""
- name: Remove what a plan does not hold any more
  mlplatform.kubeflow.prune:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    remove: true
    whole: true
"""

RETURN = r"""
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
digest:
  description: Which plan it was, for option O(digest) of the next module.
  returned: success
  type: str
  sample: 4f1a2b3c4d5e6f708192a3b4
objects:
  description: Objects that no plan holds any more, in the order in which they go, or would.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: In which step.
      type: str
      sample: webhook configurations
    part:
      description: Name of the part that it belongs to.
      type: str
    object:
      description: Kind and name.
      type: str
kept:
  description: Other objects that no plan holds any more.
  returned: success
  type: list
  elements: dict
  contains:
    part:
      description: Name of the part.
      type: str
    object:
      description: Kind and name.
      type: str
    why:
      description: Why it stays.
      type: str
stuck:
  description: Objects that did not go.
  returned: success
  type: list
  elements: dict
  contains:
    part:
      description: Name of the part; empty where it is not known.
      type: str
    object:
      description: Kind and name.
      type: str
    why:
      description: What the cluster says of it.
      type: str
    remedy:
      description: What to do.
      type: str
lines:
  description: What was found, for people, a line each part.
  returned: success
  type: list
  elements: str
seconds:
  description: Wall time in seconds.
  returned: success
  type: float
"""

import time
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.alone import took_over
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import AnotherClusterError, ClusterIdentity, same_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import LeaseHeldError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel, channel_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals, end_when_left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, plan_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.deleting import Patience
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.orphans import ASKED_KINDS, Scope
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.progress import UninstallProgress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.prune import lines_of, predict, prune
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.scope import ScopeError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **plan_spec(),
            **channel_spec(),
            "remove": {"type": "bool", "default": False},
            "whole": {"type": "bool", "default": False},
            "kinds": {"type": "list", "elements": "str", "choices": list(ASKED_KINDS), "default": []},
            "collection_version": {"type": "str", "default": "0.0.0"},
            "field_manager": {"type": "str", "default": "mlplatform.kubeflow"},
            "timeout": {"type": "int", "default": 600},
            "stall_timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml")
    name_options(module.params)
    params = module.params
    started = time.monotonic()
    deadline = Deadline(params["timeout"], "timeout")
    end_on_signals(deadline)
    told = UninstallProgress(Channel(params["progress"], lambda: end_when_left(deadline)))
    manager, remove = params["field_manager"], params["remove"]
    cluster, digest = ClusterIdentity("", ""), ""
    try:
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"])
        digest = plan.digest
        scope = Scope(plan, params["whole"], frozenset(params["kinds"]))
        client = cluster_of(module).connect(deadline)
        cluster = same_cluster(client, params["cluster"], deadline)
        if remove and not module.check_mode:
            tooling = f"mlplatform.kubeflow/v{params['collection_version']}"
            outcome = prune(client, scope, manager, tooling, Patience(deadline, params["stall_timeout"]), told)
        else:
            outcome = predict(client, scope, manager, deadline, remove=remove)
    except (PlanError, ConnectionOptionsError, AnotherClusterError, LeaseHeldError, ScopeError) as error:
        module.fail_json(msg=str(error))
    except ApiError as error:
        if not remove:
            # Who only wants to know is not stopped by what cannot be read.
            told_instead = [f"What is installed besides could not be read: {error.message}"]
            nothing = {"objects": [], "kept": [], "stuck": [], "seconds": round(time.monotonic() - started, 2)}
            module.exit_json(changed=False, cluster=asdict(cluster), digest=digest, lines=told_instead, **nothing)
        why = f"; {deadline.reason}" if deadline.expired and error.message != deadline.reason else ""
        module.fail_json(msg=f"The prune came to an early end: {error.message}{why}. What is removed is removed; run this again.")
    result = {
        "changed": outcome.changed,
        "cluster": asdict(cluster),
        "digest": plan.digest,
        "objects": [{"step": str(one.step), "part": one.part, "object": str(one.key)} for one in outcome.doomed],
        "kept": [{"part": one.part, "object": str(one.key), "why": one.why} for one in outcome.kept],
        "stuck": [asdict(one) for one in outcome.stuck],
        "lines": list(lines_of(outcome)),
        "seconds": round(time.monotonic() - started, 2),
    }
    if outcome.taken_from:
        module.warn(took_over(outcome.taken_from))
    if outcome.stuck:
        words = "\n".join(f"{one.object} (part {one.part}): {one.why}. {one.remedy}" for one in outcome.stuck)
        module.fail_json(msg=f"{len(outcome.stuck)} objects did not go, and what comes after them was not removed:\n{words}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
