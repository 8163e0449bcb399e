# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A MySQL whose users sign in by a method that metadata does not know."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(r"caching_sha2_password|MLMDEnv table exists but no schema_version|Authentication plugin '(?P<plugin>\w+)' cannot be loaded"),
    cause="Metadata cannot sign in to the database, or finds half of its tables.",
    remedy="Its user has to be made WITH mysql_native_password. 'no schema_version': two pods made the tables at once; drop database "
    "metadb while metadata-grpc-deployment has no pods.",
    shown="caching_sha2_password; MLMDEnv table exists but no schema_version can be found",
    after=60,
)
