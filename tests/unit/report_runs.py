# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs to make reports of: one that went well, as the modules returned it for some parts of 26.03 on the embedded cluster, and others made of it."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part, Plan
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.report.build import Inputs

Thing = dict[str, Any]
RECORDED: Thing = json.loads(Path(__file__).with_name("report_run.json").read_text())
# Of a Secret of the plan, whose words come back in messages.
PASSWORD = "correct horse battery staple"
TOKEN = "dG9rZW4tb2YtYS1wb2Q"
EVIL = "<script>document.title='owned'</script><img src=https://evil.example/x onerror=alert(1)>\"'`{{ 7*7 }}<style>*{display:none}</style>"
LONG = "a-name-without-any-place-where-it-could-be-broken" * 5


def workload(kind: str, name: str, namespace: str = "kubeflow", **spec: Any) -> Thing:
    """A workload with one container that requests something."""
    container = {"name": "main", "image": f"example.com/{name}:1", "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"template": template, **spec},
    }


def plan() -> Plan:
    """Objects of two of the parts."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}}
    secret = {"token": TOKEN, "password": base64.b64encode(PASSWORD.encode()).decode()}
    pipelines = (
        workload("Deployment", "mysql"),
        workload("Deployment", "ml-pipeline", replicas=3),
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "mysql-pv-claim", "namespace": "kubeflow"},
            "spec": claim,
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mysql-secret", "namespace": "kubeflow"}, "data": secret},
    )
    return Plan("26.03", (Part("pipelines", pipelines), Part("katib", (workload("Deployment", "katib-controller"),))), digest="d" * 24)


def healthy(**more: Any) -> Inputs:
    """Everything is ready."""
    recorded = copy.deepcopy(RECORDED)
    given: Thing = {
        "name": "my-cluster",
        "release": "26.03",
        "now": recorded["ended"],
        "began": recorded["began"],
        "provider": "",
        "parts": recorded["parts"],
        "phases": recorded["phases"],
        "results": {phase: recorded[phase] for phase in ("render", "preflight", "apply", "ready")},
        "cluster_info": recorded["cluster_info"],
        "release_file": recorded["release_file"],
        "dashboard": {
            "command": "kubectl --kubeconfig /home/me/cluster.kubeconfig -n istio-system port-forward svc/istio-ingressgateway 8080:80",
            "login": "http://localhost:8080, user user@example.com with upstream's default password",
        },
        "runtime": {"mlplatform.kubeflow": "0.1.0", "ansible-core": "2.19.14", "Python": "3.11.2"},
        "plan": plan(),
    }
    return Inputs(**{**given, **more})


def bare(inputs: Inputs) -> Inputs:
    """The same as modules returned it before they told when things happened."""
    results = copy.deepcopy(dict(inputs.results))
    for result in results.values():
        for name in ("began", "ended", "timeline"):
            result.pop(name, None)
    return Inputs(**{**vars(inputs), "results": results, "began": None})


def quiet() -> Inputs:
    """A second run that has nothing to do: all was made long before it."""
    inputs = healthy()
    for part in inputs.results["apply"]["parts"]:
        part.update(unchanged=part["created"], created=0, started=0.0, seconds=0.0, waited=[])
    inputs.results["apply"]["changed"] = False
    for entry in inputs.results["ready"]["timeline"]:
        for name in ("made", "scheduled", "pulled", "ready"):
            entry[name] -= 5000
        for pull in entry["pulling"]:
            pull["began"], pull["ended"] = pull["began"] - 5000, pull["ended"] - 5000
    return inputs


def finding(rule: str, cause: str, remedy: str, **more: Any) -> Thing:
    """As module diagnose returns it."""
    return {
        "rule": rule,
        "cause": cause,
        "remedy": remedy,
        "evidence": [],
        "objects": [],
        "parts": [],
        "heals": False,
        "behind": 0,
        "consequences": [],
        **more,
    }


def failing(words: str = EVIL) -> Inputs:
    """Two parts are not ready, and what the cluster says is text that would rather be something else.

    :arg words: what stands in everything that others write.
    """
    inputs = healthy()
    ready = inputs.results["ready"]
    ready.update(ready=False, failed=True, reason=f"no progress for 900 s: {words}", msg=f"Not everything is ready: {words}\nmore")
    for part in ready["parts"]:
        if part["name"] in ("pipelines", "katib"):
            part.update(ready=False, stalled=True, seconds=900.0)
            part["not_ready"] = [
                {
                    "object": f"Deployment kubeflow/{name}",
                    "state": "InProgress",
                    "reason": "ImageGone",
                    "message": f"0 of 1 replicas available; {words}; password {PASSWORD}, {TOKEN}",
                }
                for name in ("mysql", LONG, "ml-pipeline")
            ]
            part["restarted"] = [f"Deployment kubeflow/mysql: 7 times {words}"]
    for entry in ready["timeline"]:
        if entry["part"] in ("pipelines", "katib"):
            entry.update(ready=None, pulled=None)
            for pull in entry["pulling"]:
                pull["ended"] = None
    consequence = finding(
        "webhook_without_endpoint",
        "The webhook of katib has no endpoint",
        "Mend the cause above",
        objects=["Service kubeflow/katib-controller"],
    )
    diagnosed = {
        "findings": [
            finding(
                "image_gone",
                f"The image docker.io/library/mysql:8.0.99 does not exist {words}",
                f"Name one that exists: kubeflow_images: {{mysql: registry.example.com/mysql:8.4}} {words}",
                evidence=[f'Failed to pull image "mysql:8.0.99": manifest unknown {words} {PASSWORD}', "Back-off pulling image", LONG],
                objects=[f"Pod kubeflow/mysql-{number}" for number in range(9)],
                parts=["pipelines", "katib"],
                behind=38,
                consequences=[consequence],
            ),
            finding("slow_pull", "A node pulls images slowly", "Wait", heals=True, objects=["Node worker-1"], evidence=["Pulling image"]),
        ],
        "unexplained": [{"object": f"Pod kubeflow/{LONG}", "evidence": [f"Error: exit code 1 {words}"]}],
        "gaps": [f"logs of kubeflow/mysql: forbidden {words}"],
        "release": {"name": "26.03", "recognised": False, "text": ""},
        "repaired": [f"Deployment kubeflow/mysql: started anew {words}"],
        "bundle": "/home/me/support-bundle.tar.gz",
    }
    inputs.results["preflight"]["findings"].append(
        {"check": "rights", "result": "warn", "message": f"the credentials may not list nodes {words}", "remedy": "Use others"}
    )
    inputs.results["apply"]["orphans"] = [{"part": "katib", "object": f"ConfigMap kubeflow/old-{LONG}"}]
    inputs.results["render"]["images_not_replaced"] = [f"docker.io/{LONG}:1", "gcr.io/x/y:2"]
    return Inputs(**{**vars(inputs), "name": f"cluster {LONG}", "results": {**inputs.results, "diagnose": diagnosed}})


def refusing() -> Inputs:
    """Objects were refused while applying, and others waited for them in vain."""
    inputs = healthy()
    applied = inputs.results["apply"]
    refusal = 'admission webhook "policy.example.com" denied the request: no latest tags <b>here</b>'
    applied["failures"] = [
        {
            "part": "katib",
            "object": "Deployment kubeflow/katib-0",
            "message": refusal,
            "because_of": "",
            "cause": "policy",
            "others": [f"Deployment kubeflow/katib-{number}" for number in range(1, 8)],
        },
        {
            "part": "pipelines",
            "object": "Pod kubeflow/x",
            "message": "waited for webhook w",
            "because_of": "webhook w",
            "cause": "",
            "others": [],
        },
    ]
    applied["failed"], applied["msg"] = True, f"666 objects are applied, 9 are not:\n{refusal}"
    for part in applied["parts"]:
        part["failed"] = sum(1 + len(failure["others"]) for failure in applied["failures"] if failure["part"] == part["name"])
    return Inputs(**{**vars(inputs), "results": {name: inputs.results[name] for name in ("render", "preflight", "apply")}})
