# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: apply
short_description: Apply a rendered plan to a cluster
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Applies all objects of a plan by server-side apply, many at a time.
  - "The order is inferred: an object waits only for what it needs of the plan. That is its namespace with the labels of the plan; its
    CustomResourceDefinition (served), and the conversion webhook where one is needed; the fail-closed admission webhooks of the plan
    that are asked about it or about its pods; and what its pods mount or name."
  - An object that is as the plan wants it gets no request at all.
  - "What belongs to each part is kept as an ApplySet (KEP-3659) in namespace C(mlplatform-kubeflow), where a Lease also sees to it that only
    one run writes at a time."
  - What was installed is recorded there, in ConfigMap C(install). Of each part it has the release, a digest of its objects (without values of
    Secrets), when and by whom it was applied last, and what it requires. It is written only when something has changed.
  - An object that is refused for good is named, the others are applied, and the module fails at the end (but for check mode).
notes:
  - Never sent are any C(caBundle), C(status), C(creationTimestamp), and the C(rules) of aggregated ClusterRoles. C(stringData) goes as C(data).
requirements:
  - jmespath
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._left
  - mlplatform.kubeflow._made
  - mlplatform.kubeflow._plan
  - mlplatform.kubeflow._progress
attributes:
  check_mode:
    support: full
    details:
      - Objects that are live are asked about with C(dryRun=All); others are reported as created.
      - The module does not fail when objects would be refused, since Ansible shows no diff of a module that fails. They are in RV(failures),
        and named in a warning.
  diff_mode:
    support: full
    details:
      - A list of all changed objects with what changes of them, then a unified diff of those that were there before, cut where it gets long.
      - All of it is written to O(differences). Values of Secrets are masked.
options:
  collection_version:
    description:
      - Version of this collection, which the ApplySets record as that of their keeper. V(0.0.0) stands for one that is not known.
      - Role C(mlplatform.kubeflow.kubeflow) gives it, since a module is sent without its collection's metadata.
    type: str
    default: 0.0.0
  differences:
    description:
      - Path of a file that is written in diff mode, with a unified diff of every changed object. Only its owner can read it.
      - It is no change, and written in check mode, too.
    type: path
  field_manager:
    description: Name under which the API server records what was applied.
    type: str
    default: mlplatform.kubeflow
  force_conflicts:
    description: Whether to take over fields that another field manager holds with another value. Without it such an object fails.
    type: bool
    default: false
  foreign:
    description:
      - What to do where objects of the plan are on the cluster already and somebody else's, as the field managers of C(metadata.managedFields) and
        the marks of tools tell. An object that a controller made, or that this collection has applied already, does not count, nor does a namespace.
      - V(refuse) fails before anything is written.
      - V(beside) applies the plan to them. What their owner declared and the plan does not hold stays, like a container that is named otherwise now.
      - V(adopt) makes them ours first, and so removes that. Their managedFields are rewritten, as kubectl does on its way from client-side to
        server-side apply (client-go, C(util/csaupgrade)). What controllers hold stays.
      - Objects of an ApplySet (KEP-3659) that is none of this collection are refused in any case.
    type: str
    choices: [refuse, beside, adopt]
    default: refuse
  adopt_managers:
    description:
      - Field managers besides kubectl, Helm, Argo CD and their like that are installers. What they declared is taken over with O(foreign=adopt).
      - Names may hold wildcards.
    type: list
    elements: str
    default: []
  runtime_owned:
    description: Fields that a controller owns once it runs. They go along when an object is created, and later only while they are still ours.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the objects.
        type: str
        required: true
      name:
        description: Name of the object; may hold wildcards.
        type: str
        required: true
      field:
        description: Path of the field, like V(webhooks[].failurePolicy). C([]) means each element of a list.
        type: str
        required: true
  requires:
    description:
      - By part, the parts without which it does not work. The install record keeps it, so that M(mlplatform.kubeflow.uninstall) refuses to
        remove a part that another one needs. Of a part that is not named here, what is recorded stays.
    type: dict
    default: {}
  workers:
    description: Requests at the same time.
    type: int
    default: 16
  timeout:
    description: Seconds for all of it.
    type: int
    default: 1800
  stall_timeout:
    description: Seconds without any progress, after which what is left fails by name.
    type: int
    default: 900
seealso:
  - module: mlplatform.kubeflow.ready
"""

EXAMPLES = r"""
- name: Apply a plan
  mlplatform.kubeflow.apply:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
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
parts:
  description: Outcome for each part, in order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the part.
      type: str
    created:
      description: Objects that were not there before.
      type: int
    changed:
      description: Objects that were changed.
      type: int
    unchanged:
      description: Objects that were as the plan wants them.
      type: int
    failed:
      description: Objects that were refused, or could not be sent.
      type: int
    started:
      description: Seconds from the start until the part's first request.
      type: float
    seconds:
      description: Wall time from the part's first request to its last answer, in seconds.
      type: float
    waited:
      description: Gates that held objects of the part, the longest first.
      type: list
      elements: dict
      contains:
        gate:
          description: What was waited for.
          type: str
        seconds:
          description: Seconds from the start until it opened.
          type: float
        objects:
          description: Objects that it held.
          type: int
failures:
  description: Objects that are not as the plan wants them; an entry for those of a part that were refused for the same, or waited for the same.
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
    message:
      description: The server's words, or what was waited for in vain.
      type: str
    because_of:
      description: The gate that it waited for, empty when the object itself was refused.
      type: str
    cause:
      description: What it was refused for. Objects that are refused for the same have the same here.
      type: str
    others:
      description: Kinds and names of the other objects of the part of which the same is true.
      type: list
      elements: str
adopted:
  description: Objects that were somebody else's, and that were or would be taken over.
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
    owner:
      description: Who had installed it, as far as it tells.
      type: str
    managers:
      description: The field managers of the owner.
      type: list
      elements: str
    removed:
      description: Fields that the owner had declared and that are gone, since the plan does not hold them.
      type: list
      elements: str
    puts_back:
      description: Whether the owner is a tool that looks after its objects, and will undo what was changed.
      type: bool
orphans:
  description: Live objects that an earlier run applied with one of the parts, and that the plan does not hold any more. They are left alone.
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
differences:
  description: Path of the file with all differences; empty where there are none, or none were asked for.
  returned: success
  type: str
seconds:
  description: Wall time in seconds.
  returned: always
  type: float
began:
  description: When the module began, in seconds since the epoch on the controller's clock.
  returned: always
  type: float
ended:
  description: When it had applied what can be applied, in seconds since the epoch on the controller's clock.
  returned: always
  type: float
"""

import time
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.adopt import warnings_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.alone import took_over
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.apply import Settings
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import Target, compare
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.diff import Differences
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.dry_run import predict
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.install import Inventory, install
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import MADE_SPEC, Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.progress import ApplyProgress
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.recording import Recording
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.result import names
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.runtime_owned import RuntimeOwned
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.told import grouped
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import AnotherClusterError, same_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.lease import LeaseHeldError, whoami
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.channel import Channel, channel_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.files import private_folder, write_private
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals, end_when_left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.left import LEFT_SPEC, Left
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.strangers import ADOPT, BESIDE, REFUSE, StrangersError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, plan_spec


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **plan_spec(),
            **channel_spec(),
            "differences": {"type": "path"},
            "collection_version": {"type": "str", "default": "0.0.0"},
            "field_manager": {"type": "str", "default": "mlplatform.kubeflow"},
            "force_conflicts": {"type": "bool", "default": False},
            "foreign": {"type": "str", "choices": [REFUSE, BESIDE, ADOPT], "default": REFUSE},
            "adopt_managers": {"type": "list", "elements": "str", "default": []},
            "runtime_owned": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {name: {"type": "str", "required": True} for name in ("kind", "name", "field")},
            },
            "made_by_controllers": MADE_SPEC,
            "left_by_controllers": LEFT_SPEC,
            "requires": {"type": "dict", "default": {}},
            "workers": {"type": "int", "default": 16},
            "timeout": {"type": "int", "default": 1800},
            "stall_timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    began = time.time()
    require(module, "urllib3", "yaml", "jmespath")
    name_options(module.params)
    params = module.params
    if params["workers"] < 1:
        module.fail_json(msg=f"workers is {params['workers']}: at least one is needed to send anything")
    made = tuple(Made(**entry) for entry in params["made_by_controllers"])
    settings = Settings(
        params["field_manager"],
        params["force_conflicts"],
        params["workers"],
        params["stall_timeout"],
        made,
        params["foreign"],
        tuple(params["adopt_managers"]),
    )
    runtime_owned = [RuntimeOwned(**entry) for entry in params["runtime_owned"]]
    started = time.monotonic()
    deadline = Deadline(params["timeout"], "timeout")
    end_on_signals(deadline)
    told = ApplyProgress(Channel(params["progress"], lambda: end_when_left(deadline)))
    try:
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"])
        client = cluster_of(module).connect(deadline)
        cluster = same_cluster(client, params["cluster"], deadline)
        # KEP-3659: who keeps the inventory.
        tooling = f"mlplatform.kubeflow/v{params['collection_version']}"
        left = [Left(**entry) for entry in params["left_by_controllers"]]
        recording = Recording(plan, params["requires"], left, whoami(), params["collection_version"])
        inventory = Inventory(client, plan, settings, tooling, recording, deadline)

        def read() -> Target:
            manager, recorded = settings.field_manager, inventory.recorded()
            sets = inventory.applysets()
            return compare(client, plan, manager, runtime_owned, recorded, deadline, adoption=settings.adoption, applysets=sets)

        to_record = False
        if module.check_mode:
            target = read()
            outcome = predict(client, plan, target, settings, deadline)
            to_record = not inventory.current(target)
        else:
            outcome = install(client, plan, inventory, read, settings, deadline, told)
    except (PlanError, ConnectionOptionsError, AnotherClusterError, LeaseHeldError) as error:
        module.fail_json(msg=str(error))
    except StrangersError as error:
        module.fail_json(msg=f"Nothing was applied: {error}")
    except ApiError as error:
        module.fail_json(msg=f"Nothing was applied: {error.message}")
    result = {
        "changed": bool(outcome.changes) or to_record,
        "cluster": asdict(cluster),
        "digest": plan.digest,
        "parts": [asdict(part) for part in outcome.parts],
        "failures": grouped(outcome.failures),
        "adopted": [asdict(one) for one in outcome.taken],
        "orphans": [{"part": orphan.part, "object": str(orphan.key)} for orphan in outcome.orphans],
        "seconds": round(time.monotonic() - started, 2),
        "began": round(began, 3),
        "ended": round(time.time(), 3),
    }
    if outcome.taken_from:
        module.warn(took_over(outcome.taken_from))
    for line in warnings_of(outcome.taken):
        module.warn(line)
    result["differences"] = ""
    if module._diff and outcome.changes:
        differences = Differences(outcome.changes)
        if params["differences"]:
            try:
                private_folder(Path(params["differences"]).parent)
                write_private(Path(params["differences"]), differences.whole())
                result["differences"] = params["differences"]
            except OSError as error:
                # What was applied is applied, and most of it is shown.
                module.warn(f"The differences cannot be written: {params['differences']}: {error.strerror}")
        result["diff"] = [{"prepared": differences.shown(result["differences"])}]
    if outcome.failures and module.check_mode:
        # Ansible shows no diff of a module that fails, and the diff is what was asked for.
        module.warn(f"{len(outcome.failures)} objects would not be applied, see failures: {names(outcome.failures)}")
    elif outcome.failures:
        done = sum(part.created + part.changed + part.unchanged for part in outcome.parts)
        words = f"{done} objects are applied, {len(outcome.failures)} are not:\n{outcome.failure_text()}\nCluster: {cluster.host}"
        module.fail_json(msg=words, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
