# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a configuration of admission webhooks is ready."""

from __future__ import annotations

import pytest
from readiness.live import item, judged

KINDS = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("ca_bundle", "services", "state", "words"),
    [
        ("Y2E=", {("n", "s")}, "Current", ""),
        ("Y2E=", set(), "InProgress", "Service n/s has no ready endpoint"),
        ("", {("n", "s")}, "InProgress", "caBundle"),
        ("Cg==", {("n", "s")}, "InProgress", "caBundle"),
    ],
)
def test_it_needs_an_endpoint_and_a_ca_bundle(kind, ca_bundle, services, state, words):
    live = item() | {"webhooks": [{"name": "w", "clientConfig": {"caBundle": ca_bundle, "service": {"namespace": "n", "name": "s"}}}]}
    status = judged(f"{kind}.admissionregistration.k8s.io", live, services)
    assert (status.state, words in status.message) == (state, True)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_called_by_url_is_not_looked_at(kind):
    live = item() | {"webhooks": [{"name": "w", "clientConfig": {"url": "https://elsewhere.example.com"}}]}
    assert judged(f"{kind}.admissionregistration.k8s.io", live).state == "Current"


def test_it_comes_nearer_with_each_webhook_that_can_be_called() -> None:
    def live(*bundles: str) -> dict[str, object]:
        services = [{"namespace": "n", "name": name} for name in "ab"]
        configs = [{"caBundle": bundle, "service": service} for bundle, service in zip(bundles, services, strict=True)]
        return item() | {"webhooks": [{"name": config["service"]["name"], "clientConfig": config} for config in configs]}

    kind = f"{KINDS[0]}.admissionregistration.k8s.io"
    stages = [(("", ""), set()), (("Y2E=", ""), set()), (("Y2E=", ""), {("n", "b")}), (("Y2E=", "Y2E="), {("n", "b")})]
    reached = [judged(kind, live(*bundles), services).reached for bundles, services in stages]
    assert reached == sorted(set(reached))
