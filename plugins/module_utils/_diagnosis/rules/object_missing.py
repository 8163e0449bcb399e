# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ConfigMap, Secret or claim that pods need, and that nothing known makes."""

from __future__ import annotations

from ..looks import lacking, the_maker
from ..rule import rule

_KINDS = ("ConfigMap", "Secret", "PersistentVolumeClaim")
_OTHERS = ("istio-ca-root-cert", "webhook-server-tls")

rule(
    __name__,
    lacking(
        lambda evidence, key: key.kind in _KINDS and key.name not in _OTHERS and not (key.kind == "Secret" and evidence.certificate_of(key))
    ),
    cause="Pods need what is not there: {kind} {name} in namespace {namespace}.",
    remedy="Apply again what brings it: ansible-playbook -i <inventory> mlplatform.kubeflow.site --tags <part>. One that a setting "
    "names (a Secret of credentials) has to be made by hand: kubectl -n {namespace} create secret generic {name} …",
    shown='MountVolume.SetUp failed …: secret "…" not found, configmap "…" not found',
    after=60,
    points_to=the_maker,
    general=True,
)
