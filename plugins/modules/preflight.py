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
  - Asks the cluster whether it answers, and then by its checks. Writes nothing, and sends besides questions only requests for a token and dry
    runs, of which nothing stays. With O(probes) it makes a namespace with pods and claims, and removes it again whatever happens; V(images)
    makes nothing, and asks registries.
  - "V(api_services): Whether all aggregated APIs answer."
  - "V(being_deleted): Whether namespaces or CRDs of the plan are being deleted."
  - "V(clocks): Whether the clocks of the API server, the nodes and this machine agree."
  - "V(cluster_dns): Whether the cluster's DNS answers, for the domain that the plan writes."
  - "V(gateway_service): Whether the cluster gives the gateway's Service an address: a controller for LoadBalancer, free node ports."
  - "V(gone_images): Whether images of the plan, also those in arguments, ConfigMaps and custom resources, are known to be gone from their registries."
  - "V(installed): What of the plan the cluster has already, in which version and by whose hand: Istio, cert-manager, Knative, Argo, KServe, Kubeflow."
  - "V(kubernetes_version): Whether Kubernetes is inside the window of the Kubeflow release."
  - "V(named_objects): Whether Secrets and PriorityClasses that pods name are there: of logins, databases, TLS and registries."
  - "V(node_architecture): Whether nodes are of the architecture that all images are made for."
  - "V(node_conditions): Whether nodes are ready, and short of nothing."
  - "V(node_system): Whether versions of kubelets, the operating system and the container runtime of nodes suit the plan."
  - "V(other_installers): Whether another distribution of Kubeflow is there: kfctl, Open Data Hub, deployKF, Charmed Kubeflow, MiniKF."
  - "V(owners): Whose the objects of the plan are that are on the cluster already: of kubectl, Helm, Argo CD and other installers."
  - "V(pod_network): Whether the pod network leaves to Istio what it needs: Cilium's socket load balancer, exclusive CNI, paths of CNI plugins."
  - "V(pod_security): Whether Pod Security of namespaces that are there refuses pods of the plan."
  - "V(policies): Whether admission policies of the cluster refuse objects of the plan (by dry runs)."
  - "V(provided_parts): Whether parts that the plan takes as provided are there."
  - "V(quotas): Whether ResourceQuotas and LimitRanges of the plan's namespaces let its pods and claims in."
  - "V(rights): Whether the credentials may write what the plan holds."
  - "V(room): Whether nodes have CPU, memory and pod slots left for all pods, with their sidecars, and one of them for the largest."
  - "V(served_apis): Whether the cluster serves the versions of all kinds that the plan does not bring itself."
  - "V(storage_class): Whether volumes can be made for all claims: a default StorageClass, those that settings name, and who makes the volumes."
  - "V(stored_versions): Whether CRDs on the cluster store objects in versions that the plan does not have."
  - "V(token_issuer): Whether the issuer of the cluster's tokens is the one that the login knows, and its keys can be read."
  - "V(token_request): Whether the API server issues tokens for pods (TokenRequest), and accepts them."
  - "V(verified_tls): Whether the API server's certificate is checked."
  - "V(webhooks): Whether admission webhooks of others that must be asked have somebody who answers."
  - "V(probe_volumes): Whether a claim of each StorageClass that the plan uses binds, and a pod can write to it."
  - "V(probe_dns): Whether a pod on each node resolves the API server's name, and those that you name."
  - "V(probe_api_server): Whether a pod on each node reaches the API server."
  - "V(probe_registries): Whether each node reaches the registries of the plan's images."
  - "V(probe_images): Whether registries have each image of the plan, also those in arguments, ConfigMaps and custom resources; asked from this machine."
  - "V(probe_inotify): Whether nodes allow enough watches of files."
  - "V(probe_kernel_modules): Whether nodes have the kernel modules of Istio's redirect rules."
  - "V(probe_processor): Whether processors have AVX and x86-64-v2."
  - Fails when a check fails, with what to do about it, or an expression of O(ready_rules) is none.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._made
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
  field_manager:
    description: Name under which M(mlplatform.kubeflow.apply) applies.
    type: str
    default: mlplatform.kubeflow
  foreign:
    description: What M(mlplatform.kubeflow.apply) is going to do with objects of the plan that are there and somebody else's.
    type: str
    choices: [refuse, beside, adopt]
    default: refuse
  adopt_managers:
    description: Field managers besides the known ones that are installers.
    type: list
    elements: str
    default: []
  kubernetes_max:
    description: Newest minor version of Kubernetes. Empty means any.
    type: str
    default: ""
  overrides:
    description: Checks whose failure is only a warning.
    type: list
    elements: str
    choices:
      - api_services
      - being_deleted
      - clocks
      - cluster_dns
      - gateway_service
      - gone_images
      - installed
      - kubernetes_version
      - named_objects
      - node_architecture
      - node_conditions
      - node_system
      - other_installers
      - owners
      - pod_network
      - pod_security
      - policies
      - provided_parts
      - quotas
      - rights
      - room
      - served_apis
      - storage_class
      - stored_versions
      - token_issuer
      - token_request
      - verified_tls
      - webhooks
      - probe_volumes
      - probe_dns
      - probe_api_server
      - probe_registries
      - probe_images
      - probe_inotify
      - probe_kernel_modules
      - probe_processor
    default: []
  timeout:
    description: Seconds that the cluster may take to answer.
    type: int
    default: 20
  probes:
    description:
      - What is tried out with pods and claims in a namespace of their own, C(kubeflow-probe-) and a random end. V(all) stands for all of them.
      - The namespace has the label C(mlplatform.kubeflow/probe). One that a run left which was killed is removed by the next with probes.
      - V(images) makes nothing, and sends nothing to the cluster. It asks the registries of all images of the plan, without a login, from the machine
        where the module runs, through the proxy that its environment names (E(HTTPS_PROXY), E(NO_PROXY)).
      - In check mode only V(images) is run.
    type: list
    elements: str
    choices:
      - all
      - volumes
      - dns
      - api_server
      - registries
      - images
      - inotify
      - kernel_modules
      - processor
    default: []
  probe_image:
    description: Image of the probes' pods, with a shell and the programs of BusyBox; O(image_registries) is applied to it.
    type: str
    default: docker.io/library/busybox:1.36.1
  probe_hosts:
    description: Names that pods have to resolve besides those of the cluster.
    type: list
    elements: str
    default: []
  probe_timeout:
    description: Seconds for all probes together; the pull of their image counts. Their removal takes up to 30 more.
    type: int
    default: 120
  probe_plain_http_registries:
    description: Registries without TLS, which V(images) asks by HTTP, as their host, perhaps with a port. Those on loopback are asked so anyhow.
    type: list
    elements: str
    default: []
  image_registries:
    description: What takes the place of a registry, by the registry's host, as for M(mlplatform.kubeflow.render).
    type: dict
    default: {}
  gone_images:
    description: Images that their registries are reported not to have any more, for check V(gone_images).
    type: list
    elements: dict
    default: []
    suboptions:
      image:
        description: Name, for all tags, or with a tag or digest; C(*) stands for anything.
        type: str
        required: true
      since:
        description: When, like V(2024-08).
        type: str
        default: ""
      source:
        description: URL of a report of that.
        type: str
        default: ""
      living:
        description: The same version elsewhere. Empty where there is none.
        type: str
        default: ""
seealso:
  - module: mlplatform.kubeflow.apply
"""

EXAMPLES = r"""
- name: May Kubeflow 26.03 be installed here
  mlplatform.kubeflow.preflight:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    kubernetes_min: "1.33"

- name: The same, and whether volumes are made and nodes reach the registries
  mlplatform.kubeflow.preflight:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    probes: [volumes, registries]

- name: The same, and whether registries have all its images
  mlplatform.kubeflow.preflight:
    plan: /tmp/plan
    kubeconfig: /home/me/cluster.kubeconfig
    probes: [images]
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
    evidence:
      description: What it was seen by, in the cluster's own words.
      type: list
      elements: str
text:
  description: The findings as a table for people, what warns first. Where a check fails, it is in the message.
  returned: success
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

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.made import MADE_SPEC
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import (
    ConnectionOptionsError,
    cluster_of,
    connection_spec,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.interrupt import end_on_signals
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import name_options, option_name
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.strangers import ADOPT, BESIDE, REFUSE
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Gone, Made
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.checks import CHECKS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.judge import PROBES, short_name
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.run import Probing, ProbingError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.run import preflight
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.table import ordered, table
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.own_rules import READY_RULES_SPEC, RulesError, own_rules
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import PlanError, load_plan, plan_spec


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **plan_spec(),
            "kubernetes_min": {"type": "str", "default": ""},
            "kubernetes_max": {"type": "str", "default": ""},
            "overrides": {"type": "list", "elements": "str", "choices": [*CHECKS, *PROBES], "default": []},
            "timeout": {"type": "int", "default": 20},
            "probes": {"type": "list", "elements": "str", "choices": ["all", *map(short_name, PROBES)], "default": []},
            "probe_image": {"type": "str", "default": "docker.io/library/busybox:1.36.1"},
            "probe_hosts": {"type": "list", "elements": "str", "default": []},
            "probe_timeout": {"type": "int", "default": 120},
            "probe_plain_http_registries": {"type": "list", "elements": "str", "default": []},
            "image_registries": {"type": "dict", "default": {}},
            "gone_images": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "image": {"type": "str", "required": True},
                    "since": {"type": "str", "default": ""},
                    "source": {"type": "str", "default": ""},
                    "living": {"type": "str", "default": ""},
                },
            },
            "made_by_controllers": MADE_SPEC,
            "field_manager": {"type": "str", "default": "mlplatform.kubeflow"},
            "foreign": {"type": "str", "choices": [REFUSE, BESIDE, ADOPT], "default": REFUSE},
            "adopt_managers": {"type": "list", "elements": "str", "default": []},
            **READY_RULES_SPEC,
        },
        supports_check_mode=True,
    )
    require(module, "urllib3", "yaml", "jmespath")
    name_options(module.params)
    params = module.params
    began = time.time()
    # In the role some variables have the phase in their names, too: kubeflow_timeout is another.
    deadline = Deadline(params["timeout"], option_name("timeout", "preflight_timeout"))
    try:
        probing = None
        if params["probes"]:
            end_on_signals(deadline)
            probing = Probing.of(
                params["probes"],
                params["probe_image"],
                params["image_registries"],
                params["probe_hosts"],
                params["probe_timeout"],
                params["probe_plain_http_registries"],
            )
            if module.check_mode:
                probing = probing.without_writes()
        plan = load_plan(Path(params["plan"]), params["release"], params["digest"])
        _own, unused = own_rules(params["ready_rules"], plan.kinds(), option_name("ready_rules"))
        named = cluster_of(module)
        client = named.connect()
        cluster, findings = preflight(
            client,
            plan,
            expected=params["cluster"],
            kubernetes_min=params["kubernetes_min"],
            kubernetes_max=params["kubernetes_max"],
            overridden=params["overrides"],
            deadline=deadline,
            verified=named.verify,
            made=[Made(entry["kind"], entry["name"], entry["namespace"]) for entry in params["made_by_controllers"]],
            manager=params["field_manager"],
            foreign=params["foreign"],
            adopt_managers=params["adopt_managers"],
            gone=[Gone(**entry) for entry in params["gone_images"]],
            overrides=option_name("overrides", "preflight_overrides"),
            probing=probing,
        )
    except (ProbingError, PlanError, RulesError, ConnectionOptionsError) as error:
        module.fail_json(msg=str(error))
    for line in unused:
        module.warn(line)
    findings = ordered(findings)
    for finding in findings:
        if finding.result == "warn":
            module.warn(f"{finding.check}: {finding.message}")
    result = {
        # What was made is gone again. What an earlier run had left was there before.
        "changed": any(finding.check == "probe_removal" for finding in findings),
        "cluster": asdict(cluster),
        "digest": plan.digest,
        "findings": [asdict(finding) for finding in findings],
        "began": began,
        "ended": time.time(),
    }
    text = table(findings)
    if deadline.cancelled:
        module.fail_json(msg=f"{deadline.reason}:\n{text}", **result)
    if any(finding.result == "fail" for finding in findings):
        touched = "Nothing of the plan was applied" if probing and probing.writes else "The cluster was not touched"
        module.fail_json(msg=f"{touched}:\n{text}", **result)
    module.exit_json(text=text, **result)


if __name__ == "__main__":
    main()
