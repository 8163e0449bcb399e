# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which pods must carry Istio's sidecar, by the webhooks of both releases."""

from __future__ import annotations

from typing import Any

import pytest
from readiness.live_pods import Thing, pod

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._readiness.sidecar import injectors, missing_sidecar


def configuration(name: str, *selectors: tuple[Thing, Thing], app: str = "sidecar-injector") -> Thing:
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    service = {"service": {"namespace": "istio-system", "name": "istiod"}}
    webhooks = [
        {"name": f"w{number}", "clientConfig": service, "rules": rules, "namespaceSelector": spaces, "objectSelector": pods}
        for number, (spaces, pods) in enumerate(selectors)
    ]
    return {"metadata": {"name": name, "labels": {"app": app}}, "webhooks": webhooks}


def expression(key: str, operator: str, *values: str) -> Thing:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


NOT_OUT = {"matchExpressions": [expression("sidecar.istio.io/inject", "NotIn", "false")]}
# Istio 1.9 of Kubeflow v1.4.0, and two of the four of Istio 1.29 of 26.03.
OLD = configuration("old", ({"matchLabels": {"istio-injection": "enabled"}}, NOT_OUT))
NEW = configuration(
    "new",
    ({"matchExpressions": [expression("istio-injection", "In", "enabled")]}, NOT_OUT),
    (
        {"matchExpressions": [expression("istio-injection", "DoesNotExist"), expression("istio.io/rev", "DoesNotExist")]},
        {"matchExpressions": [expression("sidecar.istio.io/inject", "In", "true")]},
    ),
)
PROXY = {"name": "istio-proxy"}


@pytest.mark.parametrize("injector", [OLD, NEW], ids=["1.9", "1.29"])
@pytest.mark.parametrize(
    ("labels", "live", "missing"),
    [
        ({"istio-injection": "enabled"}, pod(), True),
        ({}, pod(), False),
        ({"istio-injection": "disabled"}, pod(), False),
        ({"istio-injection": "enabled"}, pod(containers=[{"name": "c"}, PROXY]), False),
        ({"istio-injection": "enabled"}, pod(inits=[PROXY | {"restartPolicy": "Always"}]), False),
        ({"istio-injection": "enabled"}, pod(labels={"sidecar.istio.io/inject": "false"}), False),
        ({"istio-injection": "enabled"}, pod(annotations={"sidecar.istio.io/inject": "false"}), False),
    ],
)
def test_a_pod_of_an_injected_namespace(injector: Thing, labels: Thing, live: Thing, missing: bool) -> None:
    found = missing_sidecar(live, {"metadata": {"labels": labels}}, injectors([injector]))
    assert (found.reason if found else "") == ("SidecarMissing" if missing else "")


def test_a_pod_that_asks_for_it_by_itself() -> None:
    live = pod(labels={"sidecar.istio.io/inject": "true"})
    assert missing_sidecar(live, {"metadata": {}}, injectors([NEW]))


@pytest.mark.parametrize("how", [{"hostNetwork": True}, {}])
def test_what_istiod_leaves_alone(how: dict[str, Any]) -> None:
    live = pod(namespace="n" if how else "kube-system")
    live["spec"] |= how
    assert missing_sidecar(live, {"metadata": {"labels": {"istio-injection": "enabled"}}}, injectors([OLD])) is None


def test_other_webhooks_inject_nothing() -> None:
    assert injectors([configuration("katib", ({}, {}), app="katib")]) == []
    assert missing_sidecar(pod(), {"metadata": {"labels": {"istio-injection": "enabled"}}}, []) is None
