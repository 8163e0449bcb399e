# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module apply on a real API server, with small plans of its own."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Cluster, Ran, run_module, write_plan
from waiting import sooner_than, until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.told import each

Thing = dict[str, Any]


def thing(api_version: str, kind: str, name: str, namespace: str = "", labels: dict[str, str] | None = None, **fields: Any) -> Thing:
    metadata: Thing = {"name": name, **({"namespace": namespace} if namespace else {}), **({"labels": labels} if labels else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def space(name: str, **labels: str) -> Thing:
    return thing("v1", "Namespace", name, labels=labels)


def config_map(namespace: str, name: str, **data: Any) -> Thing:
    return thing("v1", "ConfigMap", name, namespace, data=data)


def deployment(namespace: str, name: str, **pod: Any) -> Thing:
    containers = [{"name": "main", "image": "example.com/main:1"}]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers, **pod}}
    return thing(
        "apps/v1", "Deployment", name, namespace, spec={"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    )


def service(namespace: str, name: str) -> Thing:
    return thing("v1", "Service", name, namespace, spec={"selector": {"app": name}, "ports": [{"port": 443}]})


def crd(group: str, kind: str, *versions: str, scope: str = "Namespaced", fields: tuple[str, ...] = ()) -> Thing:
    """The first version is the one that is stored."""
    spec_schema: Thing = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    if not fields:
        spec_schema["x-kubernetes-preserve-unknown-fields"] = True
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec_schema}}}
    names = {"plural": f"{kind.lower()}s", "kind": kind}
    served = [{"name": version, "served": True, "storage": version == versions[0], "schema": schema} for version in versions]
    return thing(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{names['plural']}.{group}",
        spec={"group": group, "names": names, "scope": scope, "versions": served},
    )


def webhook(namespace: str, kind: str = "Validating", resources: str = "configmaps", name: str = "guard", **labels: str) -> Thing:
    """A fail-closed webhook about one resource in namespaces with these labels; its caBundle is its provider's to fill in."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [resources]}
    entry = {
        "name": f"{name}.example.com",
        "clientConfig": {"service": {"namespace": namespace, "name": name}, "caBundle": "Cg=="},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": labels},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return thing("admissionregistration.k8s.io/v1", f"{kind}WebhookConfiguration", namespace, webhooks=[entry])


def part(ran: Ran, name: str = "a") -> Thing:
    found: Thing = next(entry for entry in ran["parts"] if entry["name"] == name)
    return found


def failures(ran: Ran) -> dict[str, Thing]:
    return {failure["object"]: failure for failure in each(ran["failures"])}


def counts(ran: Ran, name: str = "a") -> tuple[int, int, int, int]:
    entry = part(ran, name)
    return entry["created"], entry["changed"], entry["unchanged"], entry["failed"]


def test_everything_in_one_go_and_unchanged_after(cluster: Cluster, namespace: str, group: str, tmp_path: Path) -> None:
    """Worst first: what needs something stands before it."""
    stored, other = (thing(f"{group}/{version}", "Gadget", version, namespace, spec={}) for version in ("v1", "v1beta1"))
    secret = thing("v1", "Secret", "plain", namespace, stringData={"word": "swordfish"})
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", f"{namespace}-all", namespace, aggregationRule={}, rules=[])
    role["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {"sum": namespace}}]}
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    summand = thing("rbac.authorization.k8s.io/v1", "ClusterRole", f"{namespace}-one", labels={"sum": namespace}, rules=[rule])
    plan = write_plan(
        tmp_path,
        a=[stored, other, config_map(namespace, "first", key="value"), secret, role, summand],
        b=[crd(group, "Gadget", "v1", "v1beta1"), space(namespace, tier="test")],
    )
    ran = cluster.apply(plan)
    assert not ran.failed, ran.stdout
    assert counts(ran) == (6, 0, 0, 0)
    assert counts(ran, "b") == (2, 0, 0, 0)
    assert any(f"gadgets.{group}" in waited["gate"] and waited["objects"] == 2 for waited in part(ran)["waited"])
    for version in ("v1", "v1beta1"):
        assert cluster.get(f"/apis/{group}/{version}/namespaces/{namespace}/gadgets/{version}")
    live = cluster.get(f"/api/v1/namespaces/{namespace}/secrets/plain")
    assert live and live["data"] == {"word": base64.b64encode(b"swordfish").decode()}
    sum_path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{namespace}-all"
    until(lambda: (cluster.get(sum_path) or {}).get("rules") == [rule])

    again = cluster.apply(plan)
    assert not again["changed"]
    assert counts(again) == (0, 0, 6, 0)
    assert (cluster.get(sum_path) or {})["rules"] == [rule]


def test_a_changed_key_is_counted_and_shown_with_secrets_masked(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    def objects(value: str) -> list[Thing]:
        secret = thing("v1", "Secret", "s", namespace, stringData={"word": value, "same": "stays-hidden"})
        return [space(namespace), config_map(namespace, "c", key=value), secret]

    cluster.apply(write_plan(tmp_path, a=objects("old-word")))
    plan = write_plan(tmp_path, a=objects("new-word"))
    kept = str(tmp_path / "all.diff")
    predicted = cluster.apply(plan, check=True, diff=True, differences=kept)
    ran = cluster.apply(plan, diff=True, differences=kept)
    for one in (predicted, ran):
        assert one["changed"]
        assert counts(one) == (0, 2, 1, 0)
        (entry,) = one["diff"]
        shown = entry["prepared"]
        assert shown.splitlines()[:2] == [
            f"~ ConfigMap {namespace}/c: key old-word → new-word",
            f"~ Secret {namespace}/s: word (masked) → (masked, changed)",
        ]
        assert "-  key: old-word\n+  key: new-word\n" in shown
        words = ("old-word", "new-word", "stays-hidden")
        (secret,) = [diff for diff in shown.split("--- before: ") if diff.startswith(f"a: Secret {namespace}/s\n")]
        for text in (secret, (tmp_path / "all.diff").read_text().split("--- before: a: Secret ")[1]):
            assert not any(word in text for word in (*words, *(base64.b64encode(word.encode()).decode() for word in words)))
            assert "+  word: (masked, changed)\n" in text
        assert one["differences"] == str(tmp_path / "all.diff")
        assert (tmp_path / "all.diff").stat().st_mode & 0o777 == 0o600
    live = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/c")
    assert live and live["data"] == {"key": "new-word"}


def test_check_mode_writes_nothing_and_predicts(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    cluster.apply(write_plan(tmp_path, a=[space(namespace), config_map(namespace, "c", key="1")]))
    before = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/c")
    wanted = [space(namespace), config_map(namespace, "c", key="2"), config_map(namespace, "new"), config_map(f"{namespace}-new", "x")]
    plan = write_plan(tmp_path, a=[*wanted, space(f"{namespace}-new")], never=[config_map(namespace, "other")])
    ran = cluster.apply(plan, check=True)
    assert not ran.failed
    assert ran["changed"]
    assert counts(ran) == (3, 1, 1, 0)
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/c") == before
    assert cluster.get(f"/api/v1/namespaces/{namespace}-new") is None
    assert cluster.get("/api/v1/namespaces/mlplatform-kubeflow/configmaps/part-never") is None


def test_a_refused_object_is_named_and_its_dependents_and_others_are_applied(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    bad = thing("v1", "PersistentVolumeClaim", "bad", namespace, spec={"accessModes": ["Never"]})
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "bad"}}
    workload = deployment(namespace, "needs-it", volumes=[volume])
    strange = thing("nowhere.example.com/v1", "Nothing", "n", namespace)
    plan = write_plan(tmp_path, a=[space(namespace), bad, workload, strange, config_map(namespace, "fine")])
    # A final refusal is not tried again.
    with sooner_than(100):
        ran = cluster.apply(plan, timeout=200, stall_timeout=190)
    assert ran.failed
    found = failures(ran)
    assert set(found) == {
        f"PersistentVolumeClaim {namespace}/bad",
        f"Deployment {namespace}/needs-it",
        f"Nothing.nowhere.example.com {namespace}/n",
    }
    assert "spec.accessModes" in found[f"PersistentVolumeClaim {namespace}/bad"]["message"]
    assert found[f"Deployment {namespace}/needs-it"]["because_of"] == f"PersistentVolumeClaim {namespace}/bad"
    assert "no kind Nothing in nowhere.example.com/v1" in found[f"Nothing.nowhere.example.com {namespace}/n"]["message"]
    assert counts(ran) == (2, 0, 0, 3)
    assert "2 objects are applied, 3 are not" in ran["msg"]
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/fine")
    assert cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/needs-it") is None


def test_a_misspelt_field_is_a_final_refusal(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """The API server calls it an internal error (500), which usually passes."""
    wrong = deployment(namespace, "typo")
    wrong["spec"]["replcas"] = 2
    with sooner_than(100):
        ran = cluster.apply(write_plan(tmp_path, a=[space(namespace), wrong]), timeout=200, stall_timeout=190)
    assert "replcas" in failures(ran)[f"Deployment {namespace}/typo"]["message"]


def test_a_malformed_object_is_named_without_a_traceback(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    wrong = thing("v1", "Service", "wrong", namespace, spec={"ports": [80]})
    ran = cluster.apply(write_plan(tmp_path, a=[space(namespace), wrong, config_map(namespace, "fine")]))
    assert list(failures(ran)) == [f"Service {namespace}/wrong"]
    assert counts(ran) == (2, 0, 0, 1)


def test_one_object_in_two_parts_is_refused_before_anything_is_written(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """A namespace on a cluster-scoped kind does not hide it."""
    one, other = (thing("rbac.authorization.k8s.io/v1", "ClusterRole", namespace, where, rules=[]) for where in ("", "kubeflow"))
    ran = cluster.apply(write_plan(tmp_path, a=[space(namespace), one], b=[other]))
    assert ran.failed
    assert f"ClusterRole {namespace} is in two places of the plan: part a and part b" in ran["msg"]
    assert cluster.get(f"/api/v1/namespaces/{namespace}") is None


def test_a_conflict_names_the_other_manager_and_is_taken_on_request(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[space(namespace), config_map(namespace, "c", key="ours"), config_map(namespace, "d")])
    cluster.apply(plan)
    path = f"/api/v1/namespaces/{namespace}/configmaps/c"
    cluster.patch(path, {"data": {"key": "theirs"}}, manager="admin-by-hand")
    ran = cluster.apply(plan)
    assert ran.failed
    assert list(failures(ran)) == [f"ConfigMap {namespace}/c"]
    message = failures(ran)[f"ConfigMap {namespace}/c"]["message"]
    assert "admin-by-hand" in message and ".data.key" in message and "force_conflicts: true" in message
    assert (cluster.get(path) or {})["data"] == {"key": "theirs"}
    # Ansible shows no diff of a module that fails.
    predicted = cluster.apply(plan, check=True, diff=True)
    assert not predicted.failed and "diff" not in predicted.result
    assert f"1 objects would not be applied, see failures: ConfigMap {namespace}/c" in str(predicted["warnings"])
    assert "admin-by-hand" in failures(predicted)[f"ConfigMap {namespace}/c"]["message"]
    forced = cluster.apply(plan, force_conflicts=True)
    assert not forced.failed
    assert counts(forced) == (0, 1, 2, 0)
    assert (cluster.get(path) or {})["data"] == {"key": "ours"}


def test_a_part_that_another_manager_holds_can_be_given_as_provided(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """As when Helm has installed cert-manager."""
    cluster.apply(write_plan(tmp_path / "space", a=[space(namespace)]))
    some = [config_map(namespace, f"c{number}", key="ours") for number in range(5)]
    for item in some:
        path = f"/api/v1/namespaces/{namespace}/configmaps/{item['metadata']['name']}"
        cluster.client.apply(path, {**item, "data": {"key": "theirs"}}, manager="helm")
    plan = write_plan(tmp_path, a=[space(namespace)], cert_manager=some)
    refused = cluster.apply(plan)
    assert "5 of Helm in part cert_manager" in refused["msg"]
    assert "provided_parts: [cert_manager]" in refused["msg"]
    for check in (False, True):
        ran = cluster.apply(plan, foreign="beside", check=check)
        if not check:
            assert "5 objects of part cert_manager have fields held by helm" in ran["msg"]
            assert "provided_parts: [cert_manager]" in ran["msg"]
        assert {failure["cause"] for failure in ran["failures"]} == {"fields held by helm"}


def test_objects_wait_for_a_fail_closed_webhook_of_the_plan(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """None is refused on the way: the provider comes up, the stand-ins fill in the caBundle, then they are sent."""
    guarded = f"{namespace}-g"
    # A service whose controller is known to fill in its caBundle by itself.
    name = "spark-operator-webhook-svc"
    hook = webhook(namespace, name=name, guarded=namespace)
    ran = cluster.apply(
        write_plan(
            tmp_path,
            a=[config_map(guarded, "held"), space(guarded, guarded=namespace), hook],
            b=[service(namespace, name), deployment(namespace, name), space(namespace)],
        )
    )
    assert not ran.failed, ran.stdout
    gate = f"webhook {name}.example.com of ValidatingWebhookConfiguration {namespace}"
    assert gate in [waited["gate"] for waited in part(ran)["waited"]]
    live = cluster.get(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}")
    assert live and len(live["webhooks"][0]["clientConfig"]["caBundle"]) > 100
    made = cluster.get(f"/api/v1/namespaces/{guarded}/configmaps/held")
    provider = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    assert made and provider and made["metadata"]["creationTimestamp"] >= provider["metadata"]["creationTimestamp"]
    again = cluster.apply(str(tmp_path))
    assert not again["changed"], again.stdout


def test_a_webhook_that_never_comes_up_is_named_in_bounded_time(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    guarded = f"{namespace}-g"
    provider = deployment(namespace, "guard")
    # Nobody scales it up.
    provider["spec"]["replicas"] = 0
    plan = write_plan(
        tmp_path,
        a=[config_map(guarded, "held"), space(guarded, guarded=namespace), webhook(namespace, guarded=namespace)],
        b=[space(namespace), service(namespace, "guard"), provider, config_map(namespace, "fine")],
    )
    with sooner_than(100):
        ran = cluster.apply(plan, timeout=200, stall_timeout=2)
    assert list(failures(ran)) == [f"ConfigMap {guarded}/held"]
    message = failures(ran)[f"ConfigMap {guarded}/held"]["message"]
    # The server's own words, and how long they were waited for.
    assert "failed calling webhook" in message and "guard.example.com" in message
    assert "no progress for 2 s, the stall_timeout" in message
    assert counts(ran, "b") == (4, 0, 0, 0)
    cluster.delete(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}")


def test_pods_wait_for_the_webhook_that_changes_them(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """A pod that slips through is refused by nobody, so the workload is not even tried."""
    injected = f"{namespace}-i"
    hook = webhook(namespace, "Mutating", "pods", name="injector", injected=namespace)
    provider = deployment(namespace, "injector")
    provider["spec"]["replicas"] = 0
    plan = write_plan(
        tmp_path,
        a=[deployment(injected, "app"), config_map(injected, "fine"), space(injected, injected=namespace)],
        b=[hook, service(namespace, "injector"), provider, space(namespace)],
    )
    ran = cluster.apply(plan, stall_timeout=2)
    assert list(failures(ran)) == [f"Deployment {injected}/app"]
    assert "injector.example.com" in failures(ran)[f"Deployment {injected}/app"]["because_of"]
    assert "no ready endpoint" in failures(ran)[f"Deployment {injected}/app"]["message"]
    assert cluster.get(f"/apis/apps/v1/namespaces/{injected}/deployments/app") is None
    cluster.delete(f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{namespace}")


def test_a_gate_that_stays_closed_is_said_with_the_state_of_what_was_to_open_it(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    provider = deployment(namespace, "guard", volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "nobody-makes-it"}}])
    held = deployment(f"{namespace}-g", "held")
    plan = write_plan(
        tmp_path,
        a=[space(f"{namespace}-g", guarded=namespace), webhook(namespace, "Mutating", "pods", guarded=namespace), held],
        b=[space(namespace), service(namespace, "guard"), provider],
    )
    ran = cluster.apply(plan, stall_timeout=4)
    message = failures(ran)[f"Deployment {namespace}-g/held"]["message"]
    assert f"Service {namespace}/guard has no ready endpoint; Deployment {namespace}/guard: 0 of 1 replicas available" in message
    assert "(Unschedulable: 0/" in message and 'persistentvolumeclaim "nobody-makes-it" not found' in message
    cluster.delete(f"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{namespace}")


def test_pods_wait_for_the_secret_of_a_planned_certificate(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """cert-manager is not there at first; the Secret appears when somebody makes it."""
    fields = {"scope": "Namespaced"}
    crds = [crd("cert-manager.io", kind, "v1", **fields) for kind in ("Certificate", "Issuer")]
    issuer = thing("cert-manager.io/v1", "Issuer", "own", namespace, spec={"selfSigned": {}})
    certificate = thing(
        "cert-manager.io/v1",
        "Certificate",
        "web",
        namespace,
        spec={"secretName": "web-tls", "dnsNames": ["web"], "issuerRef": {"name": "own"}},
    )
    workload = deployment(namespace, "web", volumes=[{"name": "tls", "secret": {"secretName": "web-tls"}}])
    plan = write_plan(tmp_path, a=[workload, certificate, issuer, space(namespace)], b=crds)

    ran = cluster.apply(plan, stall_timeout=2)
    assert list(failures(ran)) == [f"Deployment {namespace}/web"]
    assert failures(ran)[f"Deployment {namespace}/web"]["message"].startswith(
        f"waits for Secret {namespace}/web-tls, which cert-manager makes for Certificate.cert-manager.io {namespace}/web, is not there"
    )

    # Any type: cert-manager keeps that of a Secret that it finds.
    secret = thing("v1", "Secret", "web-tls", namespace, type="Opaque", data={"tls.crt": "eA=="})
    answers: list[Ran] = []
    running = threading.Thread(target=lambda: answers.append(cluster.apply(plan)))
    running.start()
    until(lambda: (cluster.get("/apis/coordination.k8s.io/v1/namespaces/mlplatform-kubeflow/leases/run") or {})["spec"]["holderIdentity"])
    cluster.create(f"/api/v1/namespaces/{namespace}/secrets", secret)
    running.join()
    assert not answers[0].failed, answers[0].stdout
    assert cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/web")


def test_custom_resources_wait_for_the_new_schema_of_a_crd_that_is_live(
    cluster: Cluster, namespace: str, group: str, tmp_path: Path
) -> None:
    """Sent against the old one, a new field would be refused or dropped."""
    gadget = thing(f"{group}/v1", "Gadget", "g", namespace, spec={"old": "1"})
    cluster.apply(write_plan(tmp_path, a=[space(namespace), crd(group, "Gadget", "v1", fields=("old",)), gadget]))
    gadget["spec"]["new"] = "2"
    ran = cluster.apply(write_plan(tmp_path, a=[gadget, space(namespace), crd(group, "Gadget", "v1", fields=("old", "new"))]))
    assert not ran.failed, ran.stdout
    live = cluster.get(f"/apis/{group}/v1/namespaces/{namespace}/gadgets/g")
    assert live and live["spec"] == {"old": "1", "new": "2"}


def test_a_namespace_that_lacks_the_plans_labels_holds_its_objects(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Selectors of webhooks look at them: it was made by hand, and somebody holds the label."""
    cluster.create("/api/v1/namespaces", space(namespace, mode="theirs"))
    plan = write_plan(tmp_path, a=[config_map(namespace, "c"), space(namespace, mode="ours")])
    ran = cluster.apply(plan)
    assert set(failures(ran)) == {f"Namespace {namespace}", f"ConfigMap {namespace}/c"}
    assert failures(ran)[f"ConfigMap {namespace}/c"]["because_of"] == f"Namespace {namespace}"
    assert cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/c") is None
    assert not cluster.apply(plan, force_conflicts=True).failed


class Passage:
    """A way to an API server that can be cut."""

    def __init__(self, port: int) -> None:
        self._port, self._open = port, True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while self._open:
                inner, outer = self._listener.accept()[0], socket.create_connection(("127.0.0.1", self._port))
                self._connections += [inner, outer]
                for one, other in ((inner, outer), (outer, inner)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := one.recv(2**16):
                other.sendall(content)

    def cut(self) -> None:
        self._open = False
        for one in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def test_an_api_server_that_goes_down_counts_as_a_stall(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """While an object is tried again: a stranger's webhook cannot be called, then nothing answers at all."""
    stranger = webhook(f"{namespace}-s", guarded=namespace)
    cluster.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", stranger)
    plan = write_plan(tmp_path, a=[space(namespace, guarded=namespace), config_map(namespace, "held")])
    passage = Passage(int(cluster.client.host.rsplit(":", 1)[1]))
    answers: list[Ran] = []
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{passage.port}"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(document))
    options = {"kubeconfig": str(tmp_path / "kubeconfig"), "timeout": 300, "stall_timeout": 3}
    running = threading.Thread(target=lambda: answers.append(cluster.apply(plan, **options)))
    # Before the time is over.
    with sooner_than(150):
        running.start()
        until(lambda: cluster.get(f"/api/v1/namespaces/{namespace}"))
        passage.cut()
        running.join()
    cluster.delete(f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{namespace}-s")
    message = failures(answers[0])[f"ConfigMap {namespace}/held"]["message"]
    assert message.startswith("no answer from https://127.0.0.1")
    assert message.endswith("(no progress for 3 s, the stall_timeout)")


def test_an_api_server_that_is_down_is_said_in_bounded_time(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, a=[config_map("n", "c")])
    with sooner_than(60):
        ran = run_module("apply", {"plan": plan, "host": "http://127.0.0.1:9", "timeout": 2})
    assert ran["msg"].startswith("Nothing was applied: no answer from http://127.0.0.1:9: ")
    assert "refused" in ran["msg"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"plan": "/nonexistent"}, "No usable plan in /nonexistent"),
        ({"workers": 0}, "workers is 0"),
    ],
)
def test_bad_arguments(cluster: Cluster, tmp_path: Path, arguments: Thing, words: str) -> None:
    ran = cluster.module("apply", {"plan": write_plan(tmp_path, a=[]), **arguments})
    assert ran.failed
    assert words in ran["msg"]
