# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object store that does not come up, or that programs do not reach."""

from __future__ import annotations

from ..looks import OBJECT_STORES, to
from ..rule import rule
from ..signals import event, log

rule(
    __name__,
    log(
        r"Server not initialized, please try again|Failed to check if (?:Minio bucket|object store bucket) exists|"
        r"Unable to initialize backend"
    ),
    event(r".", reason="FailedPostStartHook"),
    cause="The object store of pipelines does not come up, or is not reached.",
    remedy="Look at its claim and its log (kubectl -n kubeflow logs deployment/minio, or deployment/seaweedfs). Secret "
    "mlpipeline-minio-artifact has to be the one that it was made with. A store of your own: pipelines_object_store.",
    shown="Failed to check if Minio bucket exists; event FailedPostStartHook",
    after=180,
    points_to=to(*OBJECT_STORES),
)
