# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A volume with a token of the pod's ServiceAccount that the kubelet cannot fill, like Istio's istio-token."""

from __future__ import annotations

from ..looks import TOKEN_REQUEST
from ..rule import PointsTo, rule
from ..signals import event

POINTS: PointsTo = lambda evidence, match: (TOKEN_REQUEST,)  # noqa: E731

rule(
    __name__,
    event(r'volume "(?P<volume>[^"]+)" : failed to fetch token', reason="FailedMount"),
    event(r"unmounted volumes=\[[^\]]*?(?P<volume>istio-token)", reason="FailedMount"),
    cause="The kubelet gets no token for volume {volume} of pods.",
    remedy="Look at what the API server answers: kubectl create token default (kubectl 1.24 or newer). Signing key and verifying key of "
    "kube-apiserver have to be a pair.",
    shown='MountVolume.SetUp failed for volume "istio-token" : failed to fetch token',
    after=60,
    points_to=POINTS,
)
