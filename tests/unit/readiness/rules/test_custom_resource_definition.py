# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a CustomResourceDefinition is ready."""

from __future__ import annotations

import pytest
from readiness.live import condition, item, judged


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [
        (item(status=condition("Established")), "Current", ""),
        (item(), "InProgress", "no condition Established"),
        (item(status=condition("NamesAccepted", "False", message="dup")), "Failed", "dup"),
    ],
)
def test_status(live, state, words):
    status = judged("CustomResourceDefinition.apiextensions.k8s.io", live)
    assert (status.state, words in status.message) == (state, True)


@pytest.mark.parametrize(
    ("versions", "services", "state"),
    [
        (["v1", "v2"], {("n", "s")}, "Current"),
        (["v1", "v2"], set(), "InProgress"),
        # With one version nothing is converted: the JobSet CRD of 26.03 names a webhook that nobody sets up.
        (["v1"], set(), "Current"),
    ],
)
def test_a_crd_of_several_versions_needs_its_conversion_webhook(versions, services, state):
    webhook = {"clientConfig": {"caBundle": "Y2E=", "service": {"namespace": "n", "name": "s"}}}
    spec = {"versions": [{"name": name} for name in versions], "conversion": {"strategy": "Webhook", "webhook": webhook}}
    live = item(spec=spec, status=condition("Established"))
    status = judged("CustomResourceDefinition.apiextensions.k8s.io", live, services)
    assert status.state == state
    new = judged("CustomResourceDefinition.apiextensions.k8s.io", item(spec=spec))
    accepted = judged("CustomResourceDefinition.apiextensions.k8s.io", item(spec=spec, status=condition("NamesAccepted")))
    assert new.reached < accepted.reached < status.reached
