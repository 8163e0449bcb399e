# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as applied. Field sets are as the API servers of both releases record them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.unchanged import is_applied

Thing = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


def thing(api_version: str, kind: str, **fields: Any) -> Thing:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "thing", "namespace": "space"}, **fields}


def recorded(item: Thing, **fields: Any) -> Thing:
    """An object as it is live after we applied it. C(f:spec) and such, and an empty one for what is owned as a whole."""
    entry = {
        "manager": "ours",
        "operation": "Apply",
        "apiVersion": item["apiVersion"],
        "fieldsV1": {f"f:{name}": at for name, at in fields.items()},
    }
    return {**copy.deepcopy(item), "metadata": {**item["metadata"], "managedFields": [entry]}}


ROLE = thing(
    f"{RBAC}/v1", "Role", rules=[{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["one", "two"], "verbs": ["get"]}]
)
BINDING = thing(
    f"{RBAC}/v1",
    "RoleBinding",
    roleRef={"apiGroup": RBAC, "kind": "Role", "name": "thing"},
    subjects=[{"kind": "ServiceAccount", "name": "thing", "namespace": "elsewhere"}],
)
NETWORK_POLICY = thing(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    spec={
        "podSelector": {"matchLabels": {"app": "thing", "tier": "front"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "thing"}}}], "ports": [{"port": 80}]}],
    },
)
AUTHORIZATION_POLICY = thing(
    "security.istio.io/v1beta1",
    "AuthorizationPolicy",
    spec={"action": "ALLOW", "rules": [{"from": [{"source": {"namespaces": ["istio-system"]}}], "to": [{"operation": {"ports": ["80"]}}]}]},
)
VIRTUAL_SERVICE = thing(
    "networking.istio.io/v1alpha3",
    "VirtualService",
    spec={"http": [{"match": [{"uri": {"prefix": "/thing/"}}], "rewrite": {"uri": "/"}, "route": [{"destination": {"host": "thing"}}]}]},
)
CRD = thing(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    spec={
        "group": "example.com",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "properties": {"size": {"type": "integer", "format": "int32", "default": 0}}}
                },
            }
        ],
    },
)
CONFIG_MAP = thing("v1", "ConfigMap", data={"max": "1.0", "limits": "1000m"})
CUSTOM = thing("example.com/v1", "Thing", spec={"limits": {"cpu": "1000m"}, "ready": True, "items": [{"protocol": "TCP", "size": 0}]})


def deployment(container: Thing, **pod: Any) -> Thing:
    return thing("apps/v1", "Deployment", spec={"template": {"spec": {"containers": [{"name": "main", **container}], **pod}}})


def deployment_as_recorded(item: Thing, container: Thing, **pod: Any) -> Thing:
    return recorded(
        item, spec={"f:template": {"f:spec": {"f:containers": {'k:{"name":"main"}': {".": {}, "f:name": {}, **container}}, **pod}}}
    )


CASES: list[tuple[str, Thing, Thing, Callable[[Thing], Any]]] = [
    ("a resourceName of a rule", ROLE, {"rules": {}}, lambda item: item["rules"][0]["resourceNames"].pop()),
    ("all resourceNames of a rule", ROLE, {"rules": {}}, lambda item: item["rules"][0].pop("resourceNames")),
    ("the namespace of a subject", BINDING, {"roleRef": {}, "subjects": {}}, lambda item: item["subjects"][0].pop("namespace")),
    (
        "a label of a podSelector",
        NETWORK_POLICY,
        {"spec": {"f:podSelector": {}, "f:ingress": {}}},
        lambda item: item["spec"]["podSelector"]["matchLabels"].pop("tier"),
    ),
    (
        "the peers of an ingress rule",
        NETWORK_POLICY,
        {"spec": {"f:podSelector": {}, "f:ingress": {}}},
        lambda item: item["spec"]["ingress"][0].pop("from"),
    ),
    (
        "the sources of an AuthorizationPolicy",
        AUTHORIZATION_POLICY,
        {"spec": {"f:action": {}, "f:rules": {}}},
        lambda item: item["spec"]["rules"][0].pop("from"),
    ),
    (
        "a namespace of a source",
        AUTHORIZATION_POLICY,
        {"spec": {"f:action": {}, "f:rules": {}}},
        lambda item: item["spec"]["rules"][0]["from"][0]["source"].pop("namespaces"),
    ),
    ("the match of a route", VIRTUAL_SERVICE, {"spec": {"f:http": {}}}, lambda item: item["spec"]["http"][0].pop("match")),
    (
        "the format in a schema",
        CRD,
        {"spec": {"f:group": {}, "f:versions": {}}},
        lambda item: item["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["size"].pop("format"),
    ),
    (
        "a default that is zero in a schema",
        CRD,
        {"spec": {"f:group": {}, "f:versions": {}}},
        lambda item: item["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["size"].pop("default"),
    ),
    (
        "a zero value in a custom resource",
        CUSTOM,
        {"spec": {"f:limits": {"f:cpu": {}}, "f:ready": {}, "f:items": {}}},
        lambda item: item["spec"]["items"][0].pop("size"),
    ),
]


@pytest.mark.parametrize(("_what", "item", "fields", "drop"), CASES, ids=[case[0].replace(" ", "-") for case in CASES])
def test_what_is_dropped_from_inside_a_value_that_is_owned_as_a_whole_is_a_change(
    _what: str, item: Thing, fields: Thing, drop: Callable[[Thing], Any]
) -> None:
    live = recorded(item, **fields)
    assert is_applied(item, live, "ours")
    less = copy.deepcopy(item)
    drop(less)
    assert not is_applied(less, live, "ours")
    # And the other way: what somebody took away is put back.
    assert not is_applied(item, {**less, "metadata": live["metadata"]}, "ours")


@pytest.mark.parametrize(("name", "text"), [("max", "1"), ("max", "1000m"), ("limits", "1")])
def test_a_text_that_looks_like_a_quantity_is_a_text_in_a_config_map(name: str, text: str) -> None:
    live = recorded(CONFIG_MAP, data={"f:max": {}, "f:limits": {}})
    assert is_applied(CONFIG_MAP, live, "ours")
    assert not is_applied({**CONFIG_MAP, "data": {**CONFIG_MAP["data"], name: text}}, live, "ours")


def test_a_custom_resource_is_compared_to_the_letter() -> None:
    live = recorded(CUSTOM, spec={"f:limits": {"f:cpu": {}}, "f:ready": {}, "f:items": {}})
    for change in (
        {"limits": {"cpu": "1"}},
        {"ready": 1},
        {"items": [{"size": 0}]},
        {"items": [{"protocol": "TCP", "size": False}]},
        {"items": [{"protocol": "TCP", "size": 0, "more": ""}]},
        {"more": ""},
        {"more": []},
        {"more": None},
    ):
        assert not is_applied({**CUSTOM, "spec": {**CUSTOM["spec"], **change}}, live, "ours"), change


def test_a_label_without_a_value_that_is_new_is_a_change() -> None:
    item = {**CONFIG_MAP, "metadata": {**CONFIG_MAP["metadata"], "labels": {"app": "thing"}}}
    live = recorded(item, metadata={"f:labels": {"f:app": {}}}, data={"f:max": {}, "f:limits": {}})
    assert is_applied(item, live, "ours")
    assert not is_applied({**item, "metadata": {**item["metadata"], "labels": {"app": "thing", "new": ""}}}, live, "ours")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"cpu": 0.5, "memory": "1024Mi"}, {"cpu": "500m", "memory": "1Gi"}),
        ({"cpu": 2}, {"cpu": "2"}),
    ],
)
def test_quantities_are_rewritten_where_resources_are(sent: Thing, stored: Thing) -> None:
    item = deployment({"resources": {"limits": sent}})
    fields = {"f:resources": {"f:limits": {f"f:{name}": {} for name in sent}}}
    assert is_applied(item, deployment_as_recorded(deployment({"resources": {"limits": stored}}), fields), "ours")
    more = deployment({"resources": {"limits": {**sent, "cpu": "1001m"}}})
    assert not is_applied(more, deployment_as_recorded(deployment({"resources": {"limits": stored}}), fields), "ours")


def test_the_same_number_in_another_format_is_stored_differently() -> None:
    live = deployment_as_recorded(deployment({"resources": {"limits": {"memory": "1Gi"}}}), {"f:resources": {"f:limits": {"f:memory": {}}}})
    assert not is_applied(deployment({"resources": {"limits": {"memory": "1073741824"}}}), live, "ours")


def test_zero_values_that_the_api_server_leaves_out_are_no_change() -> None:
    item = deployment({"env": [{"name": "A", "value": ""}], "volumeMounts": [{"name": "a", "mountPath": "/a", "readOnly": False}]})
    live = deployment_as_recorded(
        deployment({"env": [{"name": "A"}], "volumeMounts": [{"name": "a", "mountPath": "/a"}]}),
        {
            "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}},
            "f:volumeMounts": {'k:{"mountPath":"/a"}': {".": {}, "f:name": {}, "f:mountPath": {}, "f:readOnly": {}}},
        },
    )
    assert is_applied(item, live, "ours")
    for name, value in (("value", "x"), ("value", 0), ("value", None)):
        changed = copy.deepcopy(item)
        changed["spec"]["template"]["spec"]["containers"][0]["env"][0][name] = value
        assert not is_applied(changed, live, "ours"), (name, value)


def test_what_the_api_server_fills_in_inside_of_an_atomic_value_is_no_change_written_out_or_not() -> None:
    fields = {"spec": {"f:podSelector": {}, "f:ingress": {}}}
    filled = copy.deepcopy(NETWORK_POLICY)
    filled["spec"]["ingress"][0]["ports"][0]["protocol"] = "TCP"
    assert is_applied(NETWORK_POLICY, recorded(filled, **fields), "ours")
    assert is_applied(filled, recorded(filled, **fields), "ours")
    filled["spec"]["ingress"][0]["ports"][0]["protocol"] = "UDP"
    assert not is_applied(NETWORK_POLICY, recorded(filled, **fields), "ours")


def test_the_order_of_ours_counts_and_others_may_stand_between() -> None:
    entries = {name: {"name": name, "value": "1"} for name in ("A", "B", "C")}
    fields = {"f:env": {f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}} for name in ("A", "B")}}

    def with_env(names: str) -> Thing:
        return deployment({"env": [entries[name] for name in names]})

    for names, applied in (("AB", True), ("ACB", True), ("CAB", True), ("BA", False), ("BCA", False), ("A", False)):
        assert is_applied(with_env("AB"), deployment_as_recorded(with_env(names), fields), "ours") is applied, names
    assert not is_applied(with_env("AA"), deployment_as_recorded(with_env("AB"), fields), "ours")


def test_an_empty_value_that_is_owned_as_a_whole_takes_everything_out() -> None:
    policy = {**NETWORK_POLICY, "spec": {**NETWORK_POLICY["spec"], "podSelector": {}}}
    assert not is_applied(policy, recorded(NETWORK_POLICY, spec={"f:podSelector": {}, "f:ingress": {}}), "ours")
    assert is_applied(policy, recorded(policy, spec={"f:podSelector": {}, "f:ingress": {}}), "ours")


def test_a_role_without_rules_has_none_live() -> None:
    for rules in ([], None):
        assert is_applied({**ROLE, "rules": []}, recorded({**ROLE, "rules": rules}, rules={}), "ours")
    assert not is_applied({**ROLE, "rules": []}, recorded(ROLE, rules={}), "ours")


def test_an_element_of_a_set_counts_by_its_value_and_order() -> None:
    def with_finalizers(*values: Any) -> Thing:
        return {**CONFIG_MAP, "metadata": {**CONFIG_MAP["metadata"], "finalizers": list(values)}}

    fields = {"metadata": {"f:finalizers": {'v:"a"': {}, 'v:"b"': {}}}, "data": {"f:max": {}, "f:limits": {}}}
    live = recorded(with_finalizers("a", "of-others", "b"), **fields)
    assert is_applied(with_finalizers("a", "b"), live, "ours")
    for values in (("b", "a"), ("a",), ("a", "c"), ("a", "a"), ("a", "b", "c")):
        assert not is_applied(with_finalizers(*values), live, "ours"), values


def test_what_we_never_applied_is_sent() -> None:
    assert not is_applied(CONFIG_MAP, CONFIG_MAP, "ours")
    assert not is_applied(CONFIG_MAP, recorded(CONFIG_MAP, data={"f:max": {}, "f:limits": {}}), "theirs")
