# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clocks that differ."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..looks import TOKEN_REQUEST
from ..rule import Match, rule
from ..signals import log

_SECONDS = 30.0
_TEXT = log(
    r"x509: certificate has expired or is not yet valid|[Tt]oken used before issued|token is not valid yet|nbf claim|used before issued"
)


def see(evidence: Evidence) -> Iterator[Match]:
    """Where programs complain of it; how far the API server's clock is from ours is said beside."""
    for match in _TEXT(evidence):
        ahead = evidence.ahead
        ours = () if ahead is None or abs(ahead) < 2 else (f"the API server's clock is {ahead:+.0f} s off the controller's",)
        yield Match(match.about, (*match.evidence, *ours), match.objects, (), match.age, match.words)
    if evidence.ahead is not None and abs(evidence.ahead) > _SECONDS and evidence.unwell:
        said = f"Date of the API server's answers is {evidence.ahead:+.0f} s off the controller's clock"
        yield Match(TOKEN_REQUEST._replace(kind="Clock", name="of the API server"), (said,))


rule(
    __name__,
    see,
    cause="Clocks differ, so that certificates and tokens count as not valid yet, or not any more.",
    remedy="NTP (chrony) on each machine, then delete the pods that are concerned. A certificate that has really expired: renew it "
    "(kubeadm certs renew all).",
    shown="x509: certificate has expired or is not yet valid; Token used before issued",
)
