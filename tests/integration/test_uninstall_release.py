# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each release removed and brought back by the playbooks that users run, with what users have made on it."""

from __future__ import annotations

import json
import time
from typing import Any

from cluster_snapshot import settles_as, snapshot
from conftest import Cluster, ReleaseCluster
from test_uninstall import claim
from waiting import until

Thing = dict[str, Any]
USER = "anna"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
MINE = {"name": "mine", "image": "example.com/mine:1"}


def create(cluster: Cluster, api_version: str, plural: str, kind: str, name: str, **fields: Any) -> str:
    """In the user's namespace, or without one; the path."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    collection = f"{root}/{plural}" if kind == "Profile" else f"{root}/namespaces/{USER}/{plural}"
    cluster.create(collection, {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields})
    return f"{collection}/{name}"


def users_objects(cluster: ReleaseCluster) -> dict[str, str]:
    """A Profile, and in its namespace what people make on Kubeflow; paths by kind."""
    owner = {"kind": "User", "name": f"{USER}@example.com"}
    made = {"Profile": create(cluster, "kubeflow.org/v1", "profiles", "Profile", USER, spec={"owner": owner})}
    until(lambda: cluster.get(f"/api/v1/namespaces/{USER}/serviceaccounts/default-editor"), 60)
    pod = {"spec": {"containers": [MINE]}}
    made["Notebook"] = create(cluster, "kubeflow.org/v1", "notebooks", "Notebook", "mine", spec={"template": pod})
    trial = {"primaryContainerName": "mine", "trialSpec": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": pod}}}
    spec = {
        "objective": {"type": "maximize", "objectiveMetricName": "accuracy"},
        "algorithm": {"algorithmName": "random"},
        "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.2"}}],
        "trialTemplate": trial,
    }
    made["Experiment"] = create(cluster, "kubeflow.org/v1beta1", "experiments", "Experiment", "mine", spec=spec)
    steps = {"entrypoint": "main", "templates": [{"name": "main", "container": {**MINE, "command": ["true"]}}]}
    made["Workflow"] = create(cluster, "argoproj.io/v1alpha1", "workflows", "Workflow", "mine", spec=steps)
    serving = "serving.kserve.io/v1beta1" if cluster.get("/apis/serving.kserve.io") else "serving.kubeflow.org/v1beta1"
    predictor = {"predictor": {"sklearn": {"storageUri": "gs://example/model"}}}
    made["InferenceService"] = create(cluster, serving, "inferenceservices", "InferenceService", "mine", spec=predictor)
    cluster.create(f"/api/v1/namespaces/{USER}/persistentvolumeclaims", claim(USER, "workspace"))
    made["PersistentVolumeClaim"] = f"/api/v1/namespaces/{USER}/persistentvolumeclaims/workspace"
    return made


def kept(cluster: Cluster) -> dict[str, str]:
    """Resource versions of what an uninstall keeps, by path."""
    claims = cluster.client.get("/api/v1/persistentvolumeclaims")["items"]
    profiles = cluster.client.get("/apis/kubeflow.org/v1/profiles")["items"]
    spaces = {item["metadata"]["namespace"] for item in claims} | {item["metadata"]["name"] for item in profiles}
    found = {f"claim {item['metadata']['namespace']}/{item['metadata']['name']}": item for item in claims}
    found |= {f"profile {item['metadata']['name']}": item for item in profiles}
    found |= {f"namespace {name}": cluster.client.get(f"/api/v1/namespaces/{name}") for name in spaces}
    return {name: item["metadata"]["uid"] for name, item in found.items()}


def test_a_release_goes_and_comes_back_and_goes_for_good(release_cluster: ReleaseCluster) -> None:
    cluster = release_cluster
    made = users_objects(cluster)
    # As the program makes it, which does not run here.
    leader = {
        "metadata": {"name": "cert-manager-controller"},
        "spec": {"holderIdentity": "cert-manager-7d4b5f-external-cert-manager-controller"},
    }
    cluster.create(LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **leader})
    before = kept(cluster)
    assert {f"profile {USER}", f"claim {USER}/workspace", "namespace kubeflow"} <= set(before)

    listed = cluster.play("uninstall", "--check")
    assert listed.returncode == 0 and "would be removed, in this order" in listed.words
    for kind in ("Notebook", "Experiment", "Workflow", "InferenceService"):
        assert f"{kind}." in listed.words
    assert kept(cluster) == before and cluster.get(made["Notebook"])

    # With the data kept, exactly these are left of all that the install and the users have made.
    removed = cluster.play("uninstall")
    assert removed.returncode == 0, removed.output
    assert kept(cluster) == before
    assert not [kind for kind in ("Notebook", "Experiment", "Workflow", "InferenceService") if cluster.get(made[kind])]
    # A served version of a kind is an APIService, too, which the API server makes by itself.
    more = {name for name in snapshot(cluster) if name not in cluster.before and not name.startswith("APIService.")}
    spaces = [
        f" {name.removeprefix('namespace ')}/" for name in (*before, "namespace mlplatform-kubeflow") if name.startswith("namespace ")
    ]
    others = {name for name in more if not any(space in name for space in spaces)}
    of_profiles = {name for name in others if name.startswith(("Namespace. /", "Profile.kubeflow.org /", "PersistentVolume. /"))}
    assert others - of_profiles == {"CustomResourceDefinition.apiextensions.k8s.io /profiles.kubeflow.org"}
    assert cluster.get(f"{LEASES}/cert-manager-controller") is None
    again = cluster.play("uninstall")
    assert again.returncode == 0 and again.recap["changed"] == 0, again.output

    # What was kept is taken as it is.
    volumes = {name: uid for name, uid in snapshot(cluster).items() if name.startswith("PersistentVolume. ")}
    back = cluster.play("site")
    assert back.returncode == 0, back.output
    assert kept(cluster) == before
    assert volumes == {name: uid for name, uid in snapshot(cluster).items() if name.startswith("PersistentVolume. ")}
    second = cluster.play("site")
    assert second.returncode == 0 and second.recap["changed"] == 0, second.output

    # One command does both, once it is known that the release can be installed.
    notebook = create(cluster, "kubeflow.org/v1", "notebooks", "Notebook", "another", spec={"template": {"spec": {"containers": [MINE]}}})
    broken = cluster.play("reinstall", "-e", json.dumps({"kubeflow_images": {"example.com/none": "example.com/other:1"}}))
    assert broken.returncode != 0 and cluster.get(notebook), broken.output
    began = time.monotonic()
    played = cluster.play("reinstall")
    print(f"{cluster.release}: reinstalled in {time.monotonic() - began:.1f} s")
    assert played.returncode == 0, played.output
    assert kept(cluster) == before
    assert cluster.get(notebook) is None

    refused = cluster.play("uninstall", "-e", "kubeflow_delete_data=true", "-e", "kubeflow_confirm=another")
    assert refused.returncode != 0 and f"-e kubeflow_confirm={cluster.name}" in refused.words
    assert kept(cluster) == before
    gone = cluster.play("uninstall", "-e", json.dumps({"kubeflow_delete_data": True, "kubeflow_confirm": cluster.name}))
    assert gone.returncode == 0, gone.output
    assert "nothing of ours is left" in gone.words
    settles_as(cluster, cluster.before)
