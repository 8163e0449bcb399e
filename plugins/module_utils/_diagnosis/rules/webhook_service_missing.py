# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An admission webhook whose Service is not there: what a former install has left behind, most often."""

from __future__ import annotations

from collections.abc import Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..looks import itself, webhook_call, words_of_service
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    """Also where nothing was refused yet: it would be with the next pod."""
    for webhook in evidence.webhooks:
        service = Key("", "Service", *webhook.service)
        if webhook.fail_closed and _is_gone(evidence, service) and service not in (evidence.planned or {}):
            config = Key("admissionregistration.k8s.io", webhook.config_kind, "", webhook.config)
            words = {"webhook": webhook.name, **words_of_service(evidence, service)}
            line = f"{config} calls Service {service.namespace}/{service.name}, which is not there"
            yield Match(service, (line,), (config,), words=words, group=words["service"])


def _is_gone(evidence: Evidence, service: Key) -> bool:
    return evidence.is_missing(service) or evidence.is_missing(Key("", "Namespace", "", service.namespace))


rule(
    __name__,
    see,
    webhook_call(r'service "[^"]+" not found|namespace "[^"]+" not found'),
    cause="Admission webhooks call a Service that is not there, so that what they are asked about is refused: {webhook} calls {service}.",
    remedy="Where what it belongs to is not installed any more, remove the configuration: kubectl delete {config}. Where it is to be "
    "there, install it: ansible-playbook -i <inventory> mlplatform.kubeflow.site",
    shown='failed calling webhook "…": service "…" not found',
    points_to=itself,
)
