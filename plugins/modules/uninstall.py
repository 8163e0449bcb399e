# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: uninstall
short_description: Remove what was installed from a cluster, with a proof
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Removes what M(mlplatform.kubeflow.apply) has installed, all of it or some parts. What that is is read from the cluster, so neither a plan nor
    the release's manifests are needed.
  - "Objects of users of the kinds that go (Notebooks, Experiments, Workflows, InferenceServices) go first, and are awaited while their
    controllers still run. Then go our own custom resources, webhook configurations, workloads (with their pods), the rest,
    CustomResourceDefinitions, and namespaces at last."
  - Nothing is removed that was not made by M(mlplatform.kubeflow.apply), by its label and its field manager, but for objects of the kinds that
    go, what is in the namespaces that go, and what controllers of the parts are known to leave elsewhere (O(left_by_controllers)).
  - Data stay by default, with all that holds them. That is volume claims with the namespaces that they are in, Profiles with their kind and their
    namespaces, and Secrets with values in namespaces of volume claims. Claims that belong to an object that goes are let off from it.
  - At the end everything is looked at anew. What of ours is left is listed, and RV(kept) says why it stays.
  - It runs alone, by the same Lease as M(mlplatform.kubeflow.apply).
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._left
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._progress
attributes:
  check_mode:
    support: full
    details: RV(objects) are those that would go. What would hold them is not known.
  diff_mode:
    support: none
options:
  parts:
    description: Parts to remove. None means all that are installed. One that another installed part requires is refused.
    type: list
    elements: str
    default: []
  delete_data:
    description: Whether the data go, too.
    type: bool
    default: false
  clear_finalizers:
    description:
      - Whether finalizers are taken away from objects that are being deleted and do not go, and conversion webhooks that cannot be called from
        kinds that go. What the finalizers guard is left as it is then.
      - Those of Kubernetes itself are never taken away.
    type: bool
    default: false
  requires:
    description: By part, the parts that it requires, where the install record does not say.
    type: dict
    default: {}
  collection_version:
    description: Version of this collection, which the inventory of what stays records as that of its keeper.
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
      - Seconds without any object going, after which what is left of a step is named, or freed by O(clear_finalizers).
      - Pods that end in the time that they were given (C(terminationGracePeriodSeconds)) are waited for beyond that.
    type: int
    default: 60
seealso:
  - module: mlplatform.kubeflow.apply
"""

EXAMPLES = r"""
- name: Remove Kubeflow, and keep volumes and profiles
  mlplatform.kubeflow.uninstall:
    kubeconfig: /home/me/cluster.kubeconfig

- name: Remove Katib
  mlplatform.kubeflow.uninstall:
    kubeconfig: /home/me/cluster.kubeconfig
    parts: [katib]
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
parts:
  description: Parts that were removed, or would be.
  returned: success
  type: list
  elements: str
releases:
  description: Releases that were installed by the install record.
  returned: success
  type: list
  elements: str
objects:
  description: Objects that were removed, or would be, in the order in which they go.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: In which step.
      type: str
      sample: webhook configurations
    part:
      description: Name of the part that it belongs to, or whose kind it is of.
      type: str
    object:
      description: Kind and name.
      type: str
kept:
  description: Objects of ours that stay, and Profiles.
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
unfastened:
  description: Volume claims that were let off from an owner that goes.
  returned: success
  type: list
  elements: str
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
cleared:
  description: What O(clear_finalizers) has taken away, for people.
  returned: success
  type: list
  elements: str
left:
  description: What of RV(objects) was found at the end.
  returned: success
  type: list
  elements: str
proof:
  description: What was found at the end, for people, a line each.
  returned: success
  type: list
  elements: str
empty:
  description: Whether nothing of ours is on the cluster any more.
  returned: success
  type: bool
seconds:
  description: Wall time in seconds.
  returned: success
  type: float
"""

import time
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.alone import took_over
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import AnotherClusterError, same_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import LeaseHeldError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel, channel_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals, end_when_left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.left import LEFT_SPEC, Left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.deleting import Patience
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.progress import UninstallProgress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.proof import listing, proof, stuck_text
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.scope import ScopeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.uninstall import Wanted, predict, uninstall


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **channel_spec(),
            "parts": {"type": "list", "elements": "str", "default": []},
            "delete_data": {"type": "bool", "default": False},
            "clear_finalizers": {"type": "bool", "default": False},
            "requires": {"type": "dict", "default": {}},
            "left_by_controllers": LEFT_SPEC,
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
    wanted = Wanted(
        parts=tuple(params["parts"]),
        delete_data=params["delete_data"],
        clear_finalizers=params["clear_finalizers"],
        manager=params["field_manager"],
        tooling=f"mlplatform.kubeflow/v{params['collection_version']}",
        requires=params["requires"],
        left=tuple(Left(**entry) for entry in params["left_by_controllers"]),
        known=tuple(params["requires"]),
    )
    try:
        client = cluster_of(module).connect(deadline)
        cluster = same_cluster(client, params["cluster"], deadline)
        patience = Patience(deadline, params["stall_timeout"])
        outcome = predict(client, wanted, deadline) if module.check_mode else uninstall(client, wanted, patience, told)
    except (ConnectionOptionsError, AnotherClusterError, LeaseHeldError, ScopeError) as error:
        module.fail_json(msg=str(error))
    except ApiError as error:
        why = f"; {deadline.reason}" if deadline.expired and error.message != deadline.reason else ""
        module.fail_json(msg=f"The uninstall came to an early end: {error.message}{why}. What is removed is removed; run this again.")
    result = {
        "changed": outcome.changed,
        "cluster": asdict(cluster),
        "parts": outcome.parts,
        "releases": outcome.releases,
        "objects": listing(outcome),
        "kept": [{"part": kept.part, "object": str(kept.key), "why": kept.why} for kept in outcome.kept],
        "unfastened": outcome.unfastened,
        "stuck": [asdict(stuck) for stuck in outcome.stuck],
        "cleared": outcome.cleared,
        "left": [str(left.key) for left in outcome.left],
        "proof": proof(outcome, check=module.check_mode),
        "empty": outcome.empty,
        "seconds": round(time.monotonic() - started, 2),
    }
    if outcome.taken_from:
        module.warn(took_over(outcome.taken_from))
    if outcome.stuck and not module.check_mode:
        early = f"\nIt came to an early end: {deadline.reason}" if deadline.expired else ""
        module.fail_json(msg=f"{stuck_text(outcome)}{early}\nCluster: {cluster.host}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
