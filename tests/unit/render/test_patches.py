# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings as patches."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.quantity import cores, mebibytes, parse_quantity
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.change import Change, ChangeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.compile import Common, Patches, compile_patches
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.json_merge import merged_document
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.metadata import CHECKSUM
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.volumes import VolumeSetting
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.workloads import Pods, WorkloadSetting, changes_of_pods

Thing = dict[str, Any]


def workload(name: str, *containers: Thing, kind: str = "Deployment", **pod: Any) -> Thing:
    spec = {"containers": [{"name": "main", "image": "i", **container} for container in containers or ({},)], **pod}
    group = "batch/v1" if kind == "Job" else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "n"}, "spec": {"template": {"spec": spec}}}


def config_map(name: str, **data: str) -> Thing:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": data}


def compiled(*objects: Thing, own: tuple[Change, ...] = (), part: str = "p", **common: Any) -> Patches:
    return compile_patches(part, objects, own, Common(**common))


def patch(patches: Patches, name: str) -> Thing:
    loaded: Thing = yaml.safe_load(patches.files[f"{name}.yaml"])
    return loaded


def pod(patches: Patches, name: str) -> Thing:
    found: Thing = patch(patches, name)["spec"]["template"]["spec"]
    return found


# How one value goes over another


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3), lambda inner: st.dictionaries(st.text(max_size=2), inner, max_size=3)
)


@given(values, values)
def test_a_document_takes_a_change_once(base: Any, change: Any) -> None:
    once = merged_document(base, change)
    assert merged_document(once, change) == once
    if isinstance(change, dict):
        assert all((once.get(key) is None) if value is None else key in once for key, value in change.items())


# What is meant


def test_a_target_that_is_not_there_is_named_with_the_nearest() -> None:
    change = Change("dex_issuer", "ConfigMap", "dexx", merge={"data": {}})
    with pytest.raises(ChangeError, match="dex_issuer: there is no ConfigMap dexx in this release's part; nearest is ConfigMap dex"):
        compiled(config_map("dex"), config_map("other"), own=(change,))
    with pytest.raises(ChangeError, match="nor any other Secret"):
        compiled(config_map("dex"), own=(Change("s", "Secret", "x"),))


def test_every_setting_without_a_target_has_a_line() -> None:
    own = (Change("one", "Secret", "x"), Change("two", "Secret", "y"))
    with pytest.raises(ChangeError, match=r"one: .*\ntwo: "):
        compiled(config_map("dex"), own=own)


def test_a_generated_name_is_known_without_its_hash_and_a_longer_word_is_none() -> None:
    patches = compiled(config_map("config-6b4fdh2mtk"), own=(Change("s", "ConfigMap", "config", merge={"data": {"a": "b"}}),))
    assert patch(patches, "configmap-config-6b4fdh2mtk")["metadata"]["name"] == "config-6b4fdh2mtk"
    with pytest.raises(ChangeError):
        compiled(config_map("web-parameters"), own=(Change("s", "ConfigMap", "web", merge={"data": {"a": "b"}}),))


def test_two_of_a_name_need_a_namespace() -> None:
    other = config_map("config")
    other["metadata"]["namespace"] = "m"
    with pytest.raises(ChangeError, match="more than one"):
        compiled(config_map("config"), other, own=(Change("s", "ConfigMap", "config", merge={"data": {"a": "b"}}),))
    patches = compiled(config_map("config"), other, own=(Change("s", "ConfigMap", "config", "m", merge={"data": {"a": "b"}}),))
    assert [yaml.safe_load(text)["metadata"]["namespace"] for text in patches.files.values()] == ["m"]


def test_a_container_that_is_not_there_is_not_added() -> None:
    merge = {"spec": {"template": {"spec": {"containers": [{"name": "mian", "env": []}]}}}}
    with pytest.raises(ChangeError, match="s: Deployment d has no container mian; it has main"):
        compiled(workload("d"), own=(Change("s", "Deployment", "d", merge=merge),))


# Documents in ConfigMaps and Secrets


def test_settings_share_a_document() -> None:
    own = (
        Change("issuer", "ConfigMap", "dex", document={"key": "config.yaml", "merge": {"issuer": "new"}}),
        Change("storage", "ConfigMap", "dex", document={"key": "config.yaml", "merge": {"storage": {"type": "memory"}, "web": None}}),
    )
    patches = compiled(config_map("dex", **{"config.yaml": "issuer: old\nweb: {http: 1}\nstorage:\n  config: {a: 1}\n"}), own=own)
    text = patch(patches, "configmap-dex")["data"]["config.yaml"]
    assert yaml.safe_load(text) == {"issuer": "new", "storage": {"config": {"a": 1}, "type": "memory"}}
    assert patches.files["configmap-dex.yaml"].startswith("# By issuer, storage\n")


def test_json_stays_json() -> None:
    own = (Change("links", "ConfigMap", "c", document={"key": "links", "merge": {"menu": [1]}}),)
    text = patch(compiled(config_map("c", links='{"menu": [], "more": true}'), own=own), "configmap-c")["data"]["links"]
    assert json.loads(text) == {"menu": [1], "more": True}


def test_a_secret_is_read_and_written_as_it_is_stored() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": base64.b64encode(b"a: 1").decode()}}
    own = (Change("x", "Secret", "s", document={"key": "k", "merge": {"b": 2}}),)
    assert yaml.safe_load(base64.b64decode(patch(compiled(secret, own=own), "secret-s")["data"]["k"])) == {"a": 1, "b": 2}
    plain = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "a: 1"}}
    assert yaml.safe_load(patch(compiled(plain, own=own), "secret-s")["stringData"]["k"]) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("data", "words"), [({"other": "x"}, "has no k; it has other"), ({}, "it has nothing"), ({"k": "a: [:"}, "is no YAML")]
)
def test_a_document_that_cannot_be_changed_is_named(data: dict[str, str], words: str) -> None:
    with pytest.raises(ChangeError, match=words):
        compiled(config_map("c", **data), own=(Change("x", "ConfigMap", "c", document={"key": "k", "merge": {}}),))


# Command lines


@pytest.mark.parametrize(
    ("words", "flags", "expected"),
    [
        # Where it stood: Go's flag package reads none behind the first word that is no flag.
        (["--a=1", "run", "--b"], {"--a": 2}, ["--a=2", "run", "--b"]),
        (["--a", "1", "--b", "--c"], {"--a": 2, "--b": None}, ["--a=2", "--c"]),
        (["--kind=x", "--kinder=z", "--kind=y"], {"--kind": ["p", "q"]}, ["--kind=p", "--kind=q", "--kinder=z"]),
        ([], {"--on": True}, ["--on=true"]),
        # The word behind a flag is its value where the flag takes one, which a switch does not.
        (["--on", "run"], {"--on": False}, ["--on=false", "run"]),
        (["--on", "true", "run"], {"--on": False}, ["--on=false", "run"]),
        (["--level", "-1", "run"], {"--level": 3}, ["--level=3", "run"]),
        (["--level", "--on", "run"], {"--level": 3}, ["--level=3", "--on", "run"]),
        (["--kind", "x", "--kind", "y", "run"], {"--kind": ["z"]}, ["--kind=z", "run"]),
        (["--on"], {"--on": None, "--a": 1}, ["--a=1"]),
        # Behind two dashes are no flags.
        (["run", "--", "--a=1"], {"--a": 2}, ["run", "--a=2", "--", "--a=1"]),
    ],
)
def test_flags(words: list[str], flags: Thing, expected: list[str]) -> None:
    own = (Change("s", "Deployment", "d", arguments={"container": "main", "flags": flags}),)
    assert pod(compiled(workload("d", {"args": words}), own=own), "deployment-d")["containers"] == [{"name": "main", "args": expected}]


def test_a_flag_whose_value_is_not_to_be_seen_is_not_taken_away() -> None:
    own = (Change("s", "Deployment", "d", arguments={"container": "main", "flags": {"--on": None}}),)
    with pytest.raises(ChangeError, match=r"^s: behind --on of Deployment d stands 'run', which may be its value or not"):
        compiled(workload("d", {"args": ["--on", "run"]}), own=own)


_words = st.lists(st.sampled_from(["--a", "--a=1", "--b", "--b=x", "run", "true", "-3", "--"]), max_size=6)


@given(_words, st.sampled_from([True, 5, "text", ["p", "q"]]))
def test_a_flag_is_set_once_and_other_flags_stay(words: list[str], value: Any) -> None:
    own = (Change("s", "Deployment", "d", arguments={"container": "main", "flags": {"--a": value}}),)
    containers = pod(compiled(workload("d", {"args": words}), own=own), "deployment-d")["containers"]
    found = containers[0]["args"]
    before, after = (part[: part.index("--")] if "--" in part else part for part in (words, found))
    values = value if isinstance(value, list) else [value]
    assert [word for word in after if word.startswith("--a")] == [f"--a={str(one).lower() if one is True else one}" for one in values]
    assert [word for word in after if word.startswith("--b")] == [word for word in before if word.startswith("--b")]
    assert found[len(after) :] == words[len(before) :]


def test_flags_of_a_command_stay_in_the_command() -> None:
    own = (Change("s", "Deployment", "d", arguments={"container": "main", "flags": {"--a": 2}}),)
    patches = compiled(workload("d", {"command": ["./manager", "--a=1"]}), own=own)
    assert pod(patches, "deployment-d")["containers"] == [{"name": "main", "command": ["./manager", "--a=2"]}]
    with pytest.raises(ChangeError, match="has no container other; it has main"):
        compiled(workload("d"), own=(Change("s", "Deployment", "d", arguments={"container": "other", "flags": {}}),))


# Workloads


def test_entries_choose_by_wildcards_and_later_ones_win() -> None:
    entries = (
        WorkloadSetting(node_selector={"pool": "a", "zone": "z"}),
        WorkloadSetting(name="web-*", node_selector={"pool": "b"}, priority_class="high", tolerations=[{"key": "k", "operator": "Exists"}]),
        WorkloadSetting(part="other", node_selector={"pool": "c"}),
    )
    patches = compiled(workload("web-1"), workload("db", kind="StatefulSet"), config_map("c"), workloads=entries)
    assert set(patches.files) == {"deployment-web-1.yaml", "statefulset-db.yaml"}
    assert pod(patches, "deployment-web-1") == {
        "nodeSelector": {"pool": "b", "zone": "z"},
        "priorityClassName": "high",
        "tolerations": [{"key": "k", "operator": "Exists"}],
    }
    assert pod(patches, "statefulset-db") == {"nodeSelector": {"pool": "a", "zone": "z"}}
    assert patches.used == set(entries[:2])


def test_replicas_are_the_scalers_least_where_there_is_one() -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "d", "namespace": "n"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 2},
    }
    patches = compiled(workload("d"), workload("e"), scaler, workload("j", kind="Job"), workloads=(WorkloadSetting(replicas=3),))
    assert patch(patches, "horizontalpodautoscaler-d")["spec"] == {"minReplicas": 3, "maxReplicas": 3}
    assert patch(patches, "deployment-e")["spec"] == {"replicas": 3}
    assert len(patches.files) == 2
    with pytest.raises(ChangeError, match=r"workloads \(name: j\): a Job has no replicas"):
        compiled(workload("j", kind="Job"), workloads=(WorkloadSetting(name="j", replicas=3),))


def test_resources_of_chosen_containers() -> None:
    two = workload("d", {}, {"name": "proxy"})
    entry = WorkloadSetting(name="d", container="pro*", resources={"requests": {"cpu": "1"}})
    assert pod(compiled(two, workloads=(entry,)), "deployment-d") == {
        "containers": [{"name": "proxy", "resources": {"requests": {"cpu": "1"}}}]
    }
    with pytest.raises(ChangeError, match=r"container: x\): Deployment d has no such container; it has main, proxy"):
        compiled(two, workloads=(WorkloadSetting(name="d", container="x", resources={"requests": {"cpu": "1"}}),))


@pytest.mark.parametrize(
    ("factor", "expected"),
    [("0.5", {"requests": {"cpu": "51m", "memory": "64Mi"}}), ("0", {"requests": None, "limits": None})],
)
def test_requests_are_scaled_or_dropped(factor: str, expected: Thing) -> None:
    resources = {"requests": {"cpu": "101m", "memory": "128Mi", "example.com/gpu": 1}, "limits": {"cpu": 1}}
    patches = compiled(workload("d", {"resources": resources}), workload("none"), pods=Pods(resources=Decimal(factor)))
    found = pod(patches, "deployment-d")["containers"][0]["resources"]
    assert found == expected
    assert set(patches.files) == {"deployment-d.yaml"}


def test_how_images_are_pulled() -> None:
    item = workload("d", initContainers=[{"name": "first", "image": "i"}])
    found = pod(compiled(item, pods=Pods(pull_policy="Never", pull_secrets=["cred"])), "deployment-d")
    assert found["initContainers"] == [{"name": "first", "imagePullPolicy": "Never"}]
    assert found["containers"] == [{"name": "main", "imagePullPolicy": "Never"}]
    assert found["imagePullSecrets"] == [{"name": "cred"}]


def test_sidecars_are_pulled_as_all_other_images_are() -> None:
    """Istio 1.9's template pulls them always where its values have no answer."""
    values = {"global": {"hub": "docker.io/istio", "imagePullPolicy": "", "proxy": {"image": "proxyv2"}}}
    metadata = {"name": "istio-sidecar-injector", "namespace": "istio-system"}
    injector = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"values": json.dumps(values), "config": "x"}}
    [change] = changes_of_pods([injector], Pods(pull_policy="IfNotPresent"))
    assert change.document == {"key": "values", "merge": {"global": {"imagePullPolicy": "IfNotPresent"}}}
    assert list(changes_of_pods([injector], Pods())) == []


def test_quantities() -> None:
    number = parse_quantity("1500m")
    assert number is not None
    assert cores(number) == "1500m"
    memory = parse_quantity("1G")
    assert memory is not None
    assert mebibytes(memory) == "954Mi"
    assert parse_quantity("much") is None


# Volumes


def test_claims_and_templates_of_claims() -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"storageClassName": "old"}}
    templates = [{"metadata": {"name": "data"}, "spec": {"accessModes": ["x"]}}, {"metadata": {"name": "log"}, "spec": {}}]
    stateful = workload("db", kind="StatefulSet")
    stateful["spec"]["volumeClaimTemplates"] = templates
    entries = (VolumeSetting(name="data", size="5Gi"), VolumeSetting(storage_class="fast"))
    patches = compiled(claim, stateful, volumes=entries)
    size = {"resources": {"requests": {"storage": "5Gi"}}}
    assert patch(patches, "persistentvolumeclaim-data")["spec"] == {**size, "storageClassName": "fast"}
    found = patch(patches, "statefulset-db")["spec"]["volumeClaimTemplates"]
    assert [entry["spec"].get("storageClassName") for entry in found] == ["fast", "fast"]
    assert found[0]["spec"] == {"accessModes": ["x"], **size, "storageClassName": "fast"}


# Metadata and restarts


def test_labels_and_annotations_are_the_objects_own() -> None:
    patches = compiled(workload("d"), config_map("c"), labels={"team": "ml"}, annotations={"owner": "me"})
    wanted = {"name": "d", "namespace": "n", "labels": {"team": "ml"}, "annotations": {"owner": "me"}}
    assert patch(patches, "deployment-d") == {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": wanted}
    assert len(patches.files) == 2


def test_those_that_read_what_has_changed_are_restarted_and_no_others() -> None:
    volumes = [{"name": "v", "configMap": {"name": "changed", "optional": True}}]
    reads, job, other, asks = (
        workload("reads", volumes=volumes),
        workload("job", kind="Job", volumes=volumes),
        workload("other"),
        workload("asks"),
    )
    environment = workload("environment", {"envFrom": [{"configMapRef": {"name": "changed"}}]})
    objects = (reads, job, other, asks, environment, config_map("changed", a="1"), config_map("same", a="1"))

    def digests(value: str) -> dict[str, str]:
        own = (Change("s", "ConfigMap", "changed", merge={"data": {"a": value}}, restarts=["asks"]),)
        files = {name: yaml.safe_load(text) for name, text in compiled(*objects, own=own, labels={"x": "y"}).files.items()}
        found = {
            name: (((item.get("spec") or {}).get("template") or {}).get("metadata") or {}).get("annotations") or {}
            for name, item in files.items()
        }
        return {name: annotations[CHECKSUM] for name, annotations in found.items() if CHECKSUM in annotations}

    first, second = digests("2"), digests("3")
    assert set(first) == {"deployment-reads.yaml", "deployment-environment.yaml", "deployment-asks.yaml"}
    assert digests("2") == first
    assert all(first[name] != second[name] for name in first)


def test_a_parts_own_settings_go_over_those_of_all() -> None:
    own = (Change("own", "Deployment", "d", merge={"spec": {"replicas": 5}}),)
    patches = compiled(workload("d"), own=own, workloads=(WorkloadSetting(replicas=2),))
    assert patch(patches, "deployment-d")["spec"]["replicas"] == 5


def test_nothing_set_is_nothing_patched() -> None:
    assert not Common()
    assert not compiled(workload("d"), config_map("c"))


def test_names_that_are_no_names_of_files() -> None:
    roles = [{"apiVersion": "rbac/v1", "kind": "ClusterRole", "metadata": {"name": name}} for name in ("a:b", "a-b")]
    assert set(compiled(*roles, labels={"x": "y"}).files) == {"clusterrole-a-b.yaml", "clusterrole-a-b-1.yaml"}
