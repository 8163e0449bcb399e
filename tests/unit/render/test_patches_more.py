# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that change lists, rename, or have nothing to change."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.change import Change, ChangeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.compile import Common, Patches, compile_patches

Object = dict[str, Any]
GATEWAY: Object = {
    "apiVersion": "networking.istio.io/v1alpha3",
    "kind": "Gateway",
    "metadata": {"name": "gateway", "namespace": "kubeflow"},
    "spec": {"servers": [{"hosts": ["*"], "port": {"number": 80, "name": "http"}}, {"hosts": ["*"], "port": {"number": 81, "name": "x"}}]},
}
DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "dex", "namespace": "auth"},
    "spec": {
        "template": {
            "spec": {"containers": [{"name": "proxy"}, {"name": "dex", "image": "dex:1", "envFrom": [{"secretRef": {"name": "client"}}]}]}
        }
    },
}
LINKS: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "links", "namespace": "kubeflow"},
    "data": {"links": json.dumps({"menu": [{"text": "one"}], "pods": {"containers": [{"name": "main", "image": "x"}, {"name": "b"}]}})},
}


def compiled(item: Object, *changes: Change) -> Patches:
    return compile_patches("part", [item], changes, Common())


def patch(item: Object, **how: Any) -> Object:
    change = Change.on(item, "setting", **how)
    (text,) = compiled(item, change).files.values()
    found: Object = yaml.safe_load(text)
    return found


def test_an_entry_that_is_like_what_is_wanted_changes_and_the_list_stays_whole() -> None:
    how = {"path": ["spec", "servers"], "where": {"port": {"number": 80}}, "merge": {"hosts": ["a.example.com"]}}
    servers = patch(GATEWAY, lists=[how])["spec"]["servers"]
    assert [server["hosts"] for server in servers] == [["a.example.com"], ["*"]]
    assert servers[0]["port"] == {"number": 80, "name": "http"}


def test_all_entries_change_when_none_is_named_and_null_takes_away() -> None:
    servers = patch(GATEWAY, lists=[{"path": ["spec", "servers"], "merge": {"hosts": None}}])["spec"]["servers"]
    assert [list(server) for server in servers] == [["port"], ["port"]]


def test_what_two_settings_say_of_a_list_adds_up() -> None:
    path = ["spec", "servers"]
    changes = [
        Change.on(GATEWAY, "hosts", lists=[{"path": path, "merge": {"hosts": ["a"]}}]),
        Change.on(GATEWAY, "tls", lists=[{"path": path, "append": [{"port": {"number": 443}}]}]),
    ]
    (text,) = compiled(GATEWAY, *changes).files.values()
    assert [server["port"]["number"] for server in yaml.safe_load(text)["spec"]["servers"]] == [80, 81, 443]
    assert [server.get("hosts") for server in yaml.safe_load(text)["spec"]["servers"]] == [["a"], ["a"], None]


def test_a_path_through_named_things_touches_no_other() -> None:
    path = ["spec", "template", "spec", "containers", "dex", "envFrom"]
    containers = patch(DEPLOYMENT, lists=[{"path": path, "append": [{"secretRef": {"name": "mine"}}]}])["spec"]["template"]["spec"][
        "containers"
    ]
    assert containers == [{"name": "dex", "envFrom": [{"secretRef": {"name": "client"}}, {"secretRef": {"name": "mine"}}]}]


def test_a_path_through_a_container_that_is_not_there_fails() -> None:
    path = ["spec", "template", "spec", "containers", "dx", "envFrom"]
    with pytest.raises(ChangeError, match="setting: Deployment dex has nothing named dx; it has proxy, dex"):
        patch(DEPLOYMENT, lists=[{"path": path, "append": [{"secretRef": {"name": "mine"}}]}])


def test_a_list_that_is_not_there_begins_empty() -> None:
    assert patch(GATEWAY, lists=[{"path": ["spec", "more"], "append": ["x"]}])["spec"] == {"more": ["x"]}


def test_no_entry_like_what_is_wanted_fails() -> None:
    with pytest.raises(ChangeError, match=r"setting: Gateway gateway has no entry with \{'port': 1\} in spec.servers"):
        patch(GATEWAY, lists=[{"path": ["spec", "servers"], "where": {"port": 1}, "merge": {"hosts": []}}])


def test_lists_in_a_document_change_after_what_is_merged_and_json_stays_json() -> None:
    lists = [
        {"path": ["menu"], "append": [{"text": "two"}]},
        {"path": ["pods", "containers"], "where": {"name": "main"}, "merge": {"image": "y"}},
    ]
    text = patch(LINKS, document={"key": "links", "merge": {"more": 1}, "lists": lists})["data"]["links"]
    found = json.loads(text)
    assert found["menu"] == [{"text": "one"}, {"text": "two"}]
    assert found["pods"]["containers"] == [{"name": "main", "image": "y"}, {"name": "b"}]
    assert found["more"] == 1


def test_a_document_keeps_what_a_path_leads_through() -> None:
    lists = [{"path": ["pods", "containers", "main", "env"], "append": ["e"]}]
    found = json.loads(patch(LINKS, document={"key": "links", "lists": lists})["data"]["links"])
    assert found["pods"]["containers"] == [{"name": "main", "image": "x", "env": ["e"]}, {"name": "b"}]


def test_renaming_comes_after_all_other_patches_and_names_its_target() -> None:
    patches = compiled(LINKS, Change.on(LINKS, "name", rename="other"), Change.on(LINKS, "setting", merge={"data": {"a": "b"}}))
    first, last = patches.files
    assert patches.targets == {last: {"kind": "ConfigMap", "name": "links", "namespace": "kubeflow"}}
    assert yaml.safe_load(patches.files[first])["metadata"]["name"] == "links"
    assert yaml.safe_load(patches.files[last]) == [{"op": "replace", "path": "/metadata/name", "value": "other"}]


def test_a_setting_for_which_the_release_has_no_name_fails_by_its_own() -> None:
    with pytest.raises(ChangeError, match=r"^dex_x: this release has nothing that it could change$"):
        compiled(LINKS, Change("dex_x", "ConfigMap", "", merge={"data": {}}))
