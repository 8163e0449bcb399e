# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Secret that cert-manager makes of a Certificate is not there."""

from __future__ import annotations

from ..looks import lacking, the_maker
from ..rule import rule

rule(
    __name__,
    lacking(lambda evidence, key: key.kind == "Secret" and evidence.certificate_of(key) is not None),
    cause="Secrets that cert-manager makes are not there: {name}.",
    remedy="kubectl -n {namespace} describe certificate tells why it is not issued.",
    shown='secret "webhook-certs" not found, where a Certificate has it as its secretName',
    after=120,
    points_to=the_maker,
)
