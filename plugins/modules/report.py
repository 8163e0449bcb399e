# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write what a run found out, as data and as a page for people
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Makes one document of what the modules of a run returned, whatever of it there is, and writes it as C(report.json) and as C(report.html).
    It runs on the controller.
  - "The page says how the run ended, what is wrong and what to do about it, what became of each part and when, what the run waited for,
    what the plan requests of the cluster, and where credentials are. It needs no script, no other file and no network."
  - "The files' mode is 0600, and they are never seen half-written. Credentials are not in them: what the Secrets of the plan hold is
    masked wherever it stands, also in messages of the cluster."
  - C(docs/report.md) describes each field of C(report.json).
notes:
  - A file that cannot be written is a warning, so that a run that has done its work, or says why it could not, does not fail for its report.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
    details: The files are scratch, as the plan is. They are written in check mode, too, and never reported as a change.
  diff_mode:
    support: none
options:
  directory:
    description: Folder of the files. It is made where it is missing.
    type: path
    required: true
  name:
    description: Name of the cluster in the inventory.
    type: str
    required: true
  release:
    description: Name of the Kubeflow release.
    type: str
    required: true
  release_file:
    description: RV(mlplatform.kubeflow.release#module:release), of which the versions are told.
    type: dict
    default: {}
  parts:
    description: Names of the chosen parts, in order.
    type: list
    elements: str
    default: []
  phases:
    description: Names of the phases that were to run, in order.
    type: list
    elements: str
    default: []
  plan:
    description: Folder of the plan, from M(mlplatform.kubeflow.render).
    type: path
  digest:
    description: Which of the plans in O(plan). When it is empty nothing is said of the plan's objects, unless there is a diagnosis.
    type: str
    default: ""
  began:
    description: When the run began, in seconds since the epoch. By default the first moment that a module tells.
    type: float
  provider:
    description: Where the cluster comes from, like V(kind). Empty means that it exists.
    type: str
    default: ""
  cluster_info:
    description: What M(mlplatform.kubeflow.cluster_info) returned.
    type: dict
    default: {}
  rendered:
    description: What M(mlplatform.kubeflow.render) returned. What a task that failed or was skipped has registered is fine here and below.
    type: dict
    default: {}
  preflight:
    description: What M(mlplatform.kubeflow.preflight) returned.
    type: dict
    default: {}
  applied:
    description: What M(mlplatform.kubeflow.apply) returned.
    type: dict
    default: {}
  ready:
    description: What M(mlplatform.kubeflow.ready) returned.
    type: dict
    default: {}
  diagnosed:
    description: Causes of what is wrong, when they were looked for. Its C(findings), C(unexplained), C(gaps), C(repaired) and C(bundle) are told.
    type: dict
    default: {}
  failed:
    description: A failure that is in none of these results.
    type: dict
    default: {}
    suboptions:
      phase:
        description: Name of the phase that failed.
        type: str
        default: ""
      msg:
        description: What its task said.
        type: str
        default: ""
  dashboard:
    description: How the dashboard is opened.
    type: dict
    default: {}
    suboptions:
      command:
        description: Command that forwards a port.
        type: str
        default: ""
      login:
        description: Address and user. A password does not belong here.
        type: str
        default: ""
      note:
        description: What is to be said where there is no dashboard.
        type: str
        default: ""
  collection_version:
    description: Version of this collection.
    type: str
    default: 0.0.0
seealso:
  - module: mlplatform.kubeflow.ready
"""

EXAMPLES = r"""
- name: Wait for a plan
  mlplatform.kubeflow.ready:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
  register: ready
  failed_when: false

- name: Write what was found
  mlplatform.kubeflow.report:
    directory: /tmp/reports
    name: my-cluster
    release: "26.03"
    plan: /tmp/plan
    digest: "{{ ready.digest | default('') }}"
    ready: "{{ ready }}"
"""

RETURN = r"""
json:
  description: Path of the document.
  returned: always
  type: str
html:
  description: Path of the page.
  returned: always
  type: str
written:
  description: Whether both could be written.
  returned: always
  type: bool
verdict:
  description: How the run ended.
  returned: always
  type: dict
  contains:
    state:
      description: One of the states that C(docs/report.md) lists, like V(ready).
      type: str
    good:
      description: Whether nothing is left to be done about it.
      type: bool
    text:
      description: The same for people.
      type: str
"""
