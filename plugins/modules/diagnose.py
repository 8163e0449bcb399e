# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnose
short_description: Say why a Kubeflow is not ready, and what to do
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - "Looks at the cluster once: at objects and their conditions, pods, events, logs of containers that fail, webhooks and what is behind
    them, volumes, nodes, quotas, certificates, and what the API server can do. Of Secrets and ConfigMaps it reads nothing but the names."
  - Rules know failures by what they find, and say cause, evidence and remedy. What follows from a cause hangs below it; what no rule knows is
    shown as it is.
  - Works with a plan, and without one on a Kubeflow that others have installed, whose release it recognises.
  - With a plan, what of it is not there is a finding, too, as far as such objects are looked at.
  - What the credentials may not read is said, and is no failure. It writes nothing, unless O(repair) is set. It fails only when it cannot look.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._made
  - mlplatform.kubeflow._plan.optional
attributes:
  check_mode:
    support: full
    details: Says what O(repair) would do, and does not do it.
  diff_mode:
    support: none
options:
  failures:
    description:
      - "What could not be applied, as M(mlplatform.kubeflow.apply) returned it: C(part), C(object), C(message), C(because_of), C(cause)
        and C(others)."
    type: list
    elements: dict
    default: []
  events:
    description:
      - File of events that were kept while a run waited, an event as JSON a line, since a cluster forgets them after an hour. Read beside
        the live ones. One that is not there is no error.
    type: path
  releases:
    description: "By release of Kubeflow, what it is known by: the tag or digest of an image by its workload, as C(namespace/name)."
    type: dict
    default: {}
  repair:
    description:
      - "Do the repairs that are safe, while holding the run's Lease: start workloads anew whose pods were refused while a webhook could not be
        asked, delete pods once that do not come up for what was so when they were made, make Jobs of the plan anew that have given up
        or are not there any more. What cannot be done is in RV(not_repaired), and no failure."
    type: bool
    default: false
  bundle:
    description:
      - Path of an archive (C(.tar.gz)) to write the evidence to, for people who help, with mode 0600. It is redacted, and holds names of Secrets
        only. It is scratch, and so written in check mode too and no change.
    type: path
  field_manager:
    description: Field manager of Jobs that are made anew; that of M(mlplatform.kubeflow.apply).
    type: str
    default: mlplatform.kubeflow
  timeout:
    description: Seconds for all of it.
    type: int
    default: 120
seealso:
  - module: mlplatform.kubeflow.ready
"""

EXAMPLES = r"""
- name: Why is it not ready
  mlplatform.kubeflow.diagnose:
    kubeconfig: /home/me/cluster.kubeconfig
    plan: /tmp/plan
  register: diagnosis

- name: What to do
  ansible.builtin.debug:
    msg: "{{ diagnosis.text }}"
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
  description: Which plan it was; empty without one.
  returned: success
  type: str
release:
  description: The release of Kubeflow.
  returned: success
  type: dict
  contains:
    name:
      description: "Its name: that of the plan, or the one that was recognised; empty when none was."
      type: str
    recognised:
      description: Whether it was recognised by what is there, for lack of a plan.
      type: bool
    alike:
      description: Of the workloads that it is known by, how many have its version.
      type: int
    there:
      description: How many of those workloads are there.
      type: int
    text:
      description: The same for people.
      type: str
findings:
  description: Causes, those of most objects first.
  returned: success
  type: list
  elements: dict
  contains:
    rule:
      description: Name of the rule, by which docs/findings.md explains it.
      type: str
    cause:
      description: What is wrong, in one sentence.
      type: str
    remedy:
      description: What to do.
      type: str
    evidence:
      description: The cluster's own words.
      type: list
      elements: str
    objects:
      description: What has the cause.
      type: list
      elements: str
    parts:
      description: Parts of the plan that those belong to.
      type: list
      elements: str
    heals:
      description: Whether it goes away by itself, or once the cause that it follows from is mended. Nothing has to be installed again.
      type: bool
    behind:
      description: Number of other objects that wait for it.
      type: int
    consequences:
      description: Findings that follow from this one. They have the same fields, and no consequences.
      type: list
      elements: dict
unexplained:
  description: What is not as it should be for a reason that no rule knows.
  returned: success
  type: list
  elements: dict
  contains:
    object:
      description: Kind and name.
      type: str
    evidence:
      description: The cluster's own words.
      type: list
      elements: str
gaps:
  description: What could not be read, and why.
  returned: success
  type: list
  elements: str
text:
  description: All of it for people.
  returned: success
  type: str
repaired:
  description: What was repaired, or would be in check mode, a line each.
  returned: success
  type: list
  elements: str
not_repaired:
  description: What was to be repaired and could not be, with the reason, a line each, as where the credentials may not do it or another run is at work.
  returned: success
  type: list
  elements: str
bundle:
  description: Path of the archive; empty when none was asked for.
  returned: success
  type: str
seconds:
  description: Wall time in seconds.
  returned: success
  type: float
"""

import time
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import MADE_SPEC, Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.told import each
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.identity import AnotherClusterError, same_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.bundle import write_bundle
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.causes import diagnose
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.events import kept_events
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.fit import fitted
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.gather import Wanted, gather
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.recognise import Recognised, recognise
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.redact import Redactor
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.repair import Repaired, repair, repairs
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.rules import RULES
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.text import text_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, plan_spec

# What of a failure of M(mlplatform.kubeflow.apply) is looked at.
REFUSAL = ("part", "object", "message", "because_of", "cause")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **plan_spec(required=False),
            "made_by_controllers": MADE_SPEC,
            "failures": {"type": "list", "elements": "dict", "default": []},
            "events": {"type": "path"},
            "releases": {"type": "dict", "default": {}},
            "repair": {"type": "bool", "default": False},
            "bundle": {"type": "path"},
            "field_manager": {"type": "str", "default": "mlplatform.kubeflow"},
            "timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml", "jmespath")
    name_options(module.params)
    params = module.params
    started = time.monotonic()
    deadline = Deadline(params["timeout"], "timeout")
    end_on_signals(deadline)
    repaired = Repaired()
    try:
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"]) if params["plan"] else None
        client = cluster_of(module).connect(deadline)
        cluster = same_cluster(client, params["cluster"], deadline)
        recognised = Recognised() if plan else recognise(client, params["releases"], deadline)
        wanted = Wanted(
            plan=plan,
            namespaces=recognised.namespaces,
            made=tuple(Made(**entry) for entry in params["made_by_controllers"]),
            refusals=tuple({name: str(entry.get(name) or "") for name in REFUSAL} for entry in each(params["failures"])),
            events=tuple(kept_events(Path(params["events"])) if params["events"] else ()),
        )
        evidence = gather(client, wanted, deadline)
        if not evidence.objects and not evidence.refusals:
            # Not even a node or a namespace: that is no cluster in which nothing is wrong.
            module.fail_json(msg=f"The cluster cannot be looked at: {next(iter(evidence.gaps), 'it shows nothing')}")
        whole = diagnose(evidence, RULES.values())
        # Of what is cut to be shown, repairs would miss the rest.
        diagnosis = fitted(whole)
        mending = repairs(evidence, whole, plan) if params["repair"] else []
        if mending and module.check_mode:
            repaired.done += [one.text for one in mending]
        elif mending:
            repaired = repair(client, mending, evidence, plan, params["field_manager"], deadline)
    except (PlanError, ConnectionOptionsError, AnotherClusterError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"The events that were kept cannot be read: {error}")
    except ApiError as error:
        module.fail_json(msg=f"The cluster cannot be looked at: {error.message}")
    release = {
        "name": plan.release if plan else recognised.name,
        "recognised": plan is None,
        "alike": recognised.alike,
        "there": recognised.there,
        "text": f"Kubeflow {plan.release}, by its plan." if plan else recognised.text,
    }
    if params["bundle"]:
        about = {"release": release, "cluster": asdict(cluster), "repaired": repaired.done, "not_repaired": repaired.left}
        try:
            write_bundle(Path(params["bundle"]), evidence, diagnosis, about, Redactor(map(str, module.no_log_values)))
        except OSError as error:
            module.fail_json(msg=f"The support bundle cannot be written: {error}")
    module.exit_json(
        changed=bool(repaired.done),
        cluster=asdict(cluster),
        digest=plan.digest if plan else "",
        release=release,
        text=text_of(diagnosis, "" if plan or recognised.name else recognised.text),
        repaired=repaired.done,
        not_repaired=repaired.left,
        bundle=params["bundle"] or "",
        seconds=round(time.monotonic() - started, 2),
        **asdict(diagnosis),
    )


if __name__ == "__main__":
    main()
