# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What settings make of objects, by the merge keys of Kubernetes, and the patches that say it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.change import Change, ChangeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.compile import Common, Patches, compile_patches
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.merge import MergeError, difference, merged
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.merge_keys import fields_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.workloads import Pods, WorkloadSetting

Thing = dict[str, Any]


def deployment(**container: Any) -> Thing:
    spec = {"containers": [{"name": "main", "image": "i", **container}]}
    metadata = {"name": "d", "namespace": "n"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": {"spec": spec}}}


def service(*ports: Thing) -> Thing:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}, "spec": {"ports": list(ports)}}


def compiled(item: Thing, *changes: Change, **common: Any) -> Patches:
    return compile_patches("p", [item], changes, Common(**common))


def patch(item: Thing, *changes: Change, **common: Any) -> Thing:
    (text,) = compiled(item, *changes, **common).files.values()
    found: Thing = yaml.safe_load(text)
    return found


def of_main(**container: Any) -> Thing:
    return {"spec": {"template": {"spec": {"containers": [{"name": "main", **container}]}}}}


def main_of(found: Thing) -> Thing:
    (container,) = found["spec"]["template"]["spec"]["containers"]
    return dict(container)


# By which key the entries of a list are known


def test_two_mounts_of_one_volume_stay_two() -> None:
    mounts = [{"name": "data", "mountPath": "/a"}, {"name": "data", "mountPath": "/b"}]
    change = Change("s", "Deployment", "d", merge=of_main(volumeMounts=[{"name": "data", "mountPath": "/b", "readOnly": True}]))
    found = main_of(patch(deployment(volumeMounts=mounts), change))
    assert found["volumeMounts"] == [{"mountPath": "/b", "readOnly": True}]


def test_two_settings_each_add_a_mount_of_one_volume() -> None:
    changes = [Change(path, "Deployment", "d", merge=of_main(volumeMounts=[{"name": "data", "mountPath": path}])) for path in ("/a", "/b")]
    found = main_of(patch(deployment(), *changes))
    assert [mount["mountPath"] for mount in found["volumeMounts"]] == ["/a", "/b"]


def test_ports_of_a_service_are_known_by_their_number() -> None:
    """Also where they have names, and where a port gets another name."""
    before = service({"port": 80, "name": "http"}, {"port": 443, "name": "https"})
    change = Change("s", "Service", "s", merge={"spec": {"ports": [{"port": 443, "name": "tls", "nodePort": 30443}]}})
    assert patch(before, change)["spec"]["ports"] == [{"port": 443, "name": "tls", "nodePort": 30443}]


def test_of_two_protocols_on_one_port_the_one_that_is_meant_changes_and_the_list_is_written_whole() -> None:
    """kustomize 3 knows them by the port alone, so no patch of one entry is safe."""
    before = service({"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"})
    change = Change("s", "Service", "s", merge={"spec": {"ports": [{"port": 53, "protocol": "UDP", "nodePort": 30053}]}})
    ports = patch(before, change)["spec"]["ports"]
    assert ports == [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "nodePort": 30053}, {"$patch": "replace"}]
    either = Change("dns", "Service", "s", merge={"spec": {"ports": [{"port": 53, "nodePort": 30053}]}})
    with pytest.raises(ChangeError, match=r"^dns: Service s: spec\.ports has more than one entry with port 53"):
        compiled(before, either)


def test_an_entry_without_its_key_is_refused_by_name() -> None:
    change = Change("own", "Deployment", "d", merge=of_main(volumeMounts=[{"name": "data"}]))
    with pytest.raises(ChangeError, match=r"^own: Deployment d: .*volumeMounts: an entry has no mountPath"):
        compiled(deployment(volumeMounts=[{"name": "data", "mountPath": "/a"}]), change)


def test_lists_of_custom_resources_and_lists_without_a_key_are_replaced() -> None:
    runtime = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "Runtime", "metadata": {"name": "r"}}
    before = {**runtime, "spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b"}]}}
    change = Change("s", "Runtime", "r", merge={"spec": {"containers": [{"name": "a", "image": "y"}]}})
    assert patch(before, change)["spec"]["containers"] == [{"name": "a", "image": "y"}]
    env_from = [{"secretRef": {"name": "a"}}]
    change = Change("s", "Deployment", "d", merge=of_main(envFrom=env_from))
    assert main_of(patch(deployment(envFrom=[{"secretRef": {"name": "b"}}]), change))["envFrom"] == env_from


def test_a_path_through_named_entries_of_a_custom_resource_keeps_the_others() -> None:
    """kustomize replaces the list, so the patch has to hold all of it."""
    runtime = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "Runtime", "metadata": {"name": "r"}}
    before = {**runtime, "spec": {"containers": [{"name": "a", "args": ["x"]}, {"name": "b"}]}}
    change = Change("s", "Runtime", "r", lists=[{"path": ["spec", "containers", "a", "args"], "append": ["y"]}])
    assert patch(before, change)["spec"]["containers"] == [{"name": "a", "args": ["x", "y"]}, {"name": "b"}]


def test_a_path_through_the_names_of_ports_finds_them_by_number() -> None:
    before = service({"port": 80, "name": "http"}, {"port": 443, "name": "https"})
    change = Change("s", "Service", "s", lists=[{"path": ["spec", "ports", "https", "more"], "append": ["x"]}])
    assert patch(before, change)["spec"]["ports"] == [{"port": 443, "more": ["x"]}]


def test_directives_of_a_strategic_merge_patch() -> None:
    before = deployment(
        resources={"limits": {"cpu": 1}, "requests": {"cpu": 1}}, env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    )

    def made(**container: Any) -> Thing:
        return main_of(patch(before, Change("s", "Deployment", "d", merge=of_main(**container))))

    assert made(resources={"$patch": "replace", "limits": {"cpu": 2}})["resources"] == {"limits": {"cpu": 2}, "requests": None}
    assert made(resources={"$patch": "delete"})["resources"] is None
    assert made(env=[{"name": "A", "$patch": "delete"}])["env"] == [{"name": "B", "value": "2"}, {"$patch": "replace"}]
    assert made(env=[{"name": "C", "value": "3"}, {"$patch": "replace"}])["env"] == [{"name": "C", "value": "3"}, {"$patch": "replace"}]
    for other in ({"$retainKeys": ["x"]}, {"$patch": "swap"}):
        with pytest.raises(ChangeError, match=r"^s: Deployment d: .*is no directive that can be used here"):
            made(resources=other)


# One setting after the other


def test_what_one_setting_takes_away_stays_away_when_another_gives_some_of_it_back() -> None:
    requests = {"cpu": "100m", "memory": "1Gi"}
    entry = WorkloadSetting(name="d", resources={"requests": {"cpu": "1"}})
    found = patch(deployment(resources={"requests": requests}), pods=Pods(resources=Pods().resources * 0), workloads=(entry,))
    assert main_of(found)["resources"] == {"requests": {"cpu": "1", "memory": None}}


def test_a_setting_that_says_what_upstream_says_makes_no_patch() -> None:
    same = Change("s", "Service", "s", merge={"spec": {"type": "ClusterIP", "more": None}})
    before = {**service(), "spec": {"type": "ClusterIP"}}
    assert not compiled(before, same).files
    # In JSON, true is not 1.
    one = Change("s", "Service", "s", merge={"spec": {"flag": True}})
    assert patch({**before, "spec": {"flag": 1}}, one)["spec"] == {"flag": True}


def test_null_in_what_is_new_is_nothing() -> None:
    change = Change(
        "s", "Deployment", "d", merge=of_main(env=[{"name": "A", "value": None, "valueFrom": {"fieldRef": {"fieldPath": "x"}}}])
    )
    assert main_of(patch(deployment(), change))["env"] == [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]


def test_an_init_container_that_is_not_there_is_not_added() -> None:
    change = Change("s", "Deployment", "d", merge={"spec": {"template": {"spec": {"initContainers": [{"name": "frist", "env": []}]}}}})
    with pytest.raises(ChangeError, match="s: Deployment d has no container frist; it has main"):
        compiled(deployment(), change)


def test_a_deployment_restarts_for_each_of_what_it_reads_through_the_api() -> None:
    reader = deployment()
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": {"k": "1"}} for name in ("a", "b")
    ]

    def checksum(a: str, b: str) -> str:
        changes = [Change(name, "ConfigMap", name, merge={"data": {"k": value}}, restarts=["d"]) for name, value in (("a", a), ("b", b))]
        files = compile_patches("p", [reader, *maps], changes, Common()).files
        found: str = files["deployment-d.yaml"]
        return found

    assert len({checksum("2", "2"), checksum("3", "2"), checksum("2", "3")}) == 3


# Patches say exactly what differs

_TEXT = st.sampled_from(
    ["", "a", "1", "null", "y", "1e3", "007", "0o7", "1_0", "=", "~", "2020-01-01", "12:30", "a: b", "#", "{{ x }}", "ä\n"]
)
_NUMBERS = st.booleans() | st.integers(0, 2) | st.just(0.5)
# A field keeps its type: kustomize 5 refuses a scalar in the place of a mapping, and keeps the quotes of a text around a number.
MAPS = st.recursive(
    st.fixed_dictionaries({}, optional={"t": _TEXT, "n": _NUMBERS}),
    lambda inner: st.fixed_dictionaries(
        {}, optional={"t": _TEXT, "n": _NUMBERS, "l": st.lists(_TEXT | _NUMBERS, max_size=2), "e": st.lists(inner, max_size=2), "m": inner}
    ),
    max_leaves=8,
)
TEXTS = st.dictionaries(st.sampled_from("abc"), _TEXT, max_size=3)


def _keyed(entries: Any, *keys: str) -> Any:
    """Lists of entries, each with another key."""
    return st.lists(entries, max_size=3, unique_by=lambda entry: tuple({"protocol": "TCP", **entry}.get(key) for key in keys))


_PROTOCOLS = {"protocol": st.sampled_from(["TCP", "UDP"]), "name": st.sampled_from("ab")}
_MOUNTS = _keyed(
    st.fixed_dictionaries(
        {"name": st.sampled_from("ab"), "mountPath": st.sampled_from(["/a", "/b", "/c"])}, optional={"readOnly": st.booleans()}
    ),
    "mountPath",
)
_CONTAINER_PORTS = _keyed(st.fixed_dictionaries({"containerPort": st.integers(1, 2)}, optional=_PROTOCOLS), "containerPort", "protocol")
PORTS = _keyed(st.fixed_dictionaries({"port": st.integers(1, 2)}, optional=_PROTOCOLS), "port", "protocol")
_CONTAINERS = _keyed(
    st.fixed_dictionaries(
        {"name": st.sampled_from("abc"), "image": st.just("i")},
        optional={
            "volumeMounts": _MOUNTS,
            "ports": _CONTAINER_PORTS,
            "args": st.lists(_TEXT, max_size=2),
            "resources": st.fixed_dictionaries({}, optional={"requests": TEXTS, "limits": TEXTS}),
        },
    ),
    "name",
)
_TOLERATIONS = st.lists(st.fixed_dictionaries({"key": st.sampled_from("ab")}), max_size=2)
SPECS = st.fixed_dictionaries({"containers": _CONTAINERS}, optional={"nodeSelector": TEXTS, "tolerations": _TOLERATIONS})


def unordered(value: Any) -> Any:
    """Without the order of entries that have keys, since kustomize puts new ones first, and with what Kubernetes takes for granted."""
    if isinstance(value, dict):
        port = {"protocol": "TCP"} if {"port", "containerPort"} & value.keys() else {}
        return {**port, **{name: unordered(inner) for name, inner in value.items()}}
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        return sorted((unordered(entry) for entry in value), key=lambda entry: json.dumps(entry, sort_keys=True))
    return value


@given(SPECS, SPECS)
def test_a_patch_makes_the_one_of_the_other(before: Thing, after: Thing) -> None:
    fields = fields_of(deployment())["spec"]["template"]["spec"]
    untouched = copy.deepcopy((before, after))
    found = difference(before, after, fields)
    assert (before, after) == untouched
    assert found == {} if json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True) else found
    assert unordered(_applied(before, found)) == unordered(after)


def _applied(before: Thing, found: Thing) -> Thing:
    """With the directive that replaces a list, which settings cannot hold."""
    fields = fields_of(deployment())["spec"]["template"]["spec"]

    def lay(base: Any, change: Any, of: Any) -> Any:
        if isinstance(change, list) and {"$patch": "replace"} in change:
            return [entry for entry in change if entry != {"$patch": "replace"}]
        if isinstance(change, dict) and isinstance(base, dict):
            inner = {name: lay(base.get(name), value, of.get(name, {}) if isinstance(of, dict) else {}) for name, value in change.items()}
            return {name: value for name, value in {**base, **inner}.items() if value is not None}
        if isinstance(change, list) and isinstance(base, list) and getattr(of, "key", ""):
            entries = {entry[of.key]: entry for entry in base}
            for entry in change:
                entries[entry[of.key]] = lay(entries.get(entry[of.key], {}), entry, of.fields)
            return list(entries.values())
        return change

    laid: Thing = lay(before, found, fields)
    return laid


@given(SPECS, SPECS)
def test_a_change_laid_over_twice_is_laid_over_once(before: Thing, change: Thing) -> None:
    fields = fields_of(deployment())["spec"]["template"]["spec"]
    try:
        once = merged(before, change, fields)
        assert merged(once, change, fields) == once
    except MergeError:
        return
    # What the change does not name stays.
    assert [entry["name"] for entry in once["containers"]][: len(before["containers"])] == [entry["name"] for entry in before["containers"]]
