# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database on a volume whose files it cannot use."""

from __future__ import annotations

from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r"data directory has files in it|No data dictionary version number found|Table 'mysql\.\w+' doesn't exist|"
        r"Access denied for user 'root'@'localhost'|"
        r"Unable to lock \./?ib|Cannot (?:boot|upgrade) server (?:version|from)|Invalid MySQL server (?:up|down)grade",
        workload=r".*(?:mysql|metadata-db).*",
    ),
    cause="The database finds files on its volume that it cannot use: of a first start that was broken off, or of an older install.",
    remedy="With data of use: make a backup of the volume, and bring it to the version of the database by hand. Without: delete the "
    "Deployment's claim and pod (kubectl -n kubeflow delete pvc <claim> && kubectl -n kubeflow delete pod -l app=mysql), then run "
    "site.yml again.",
    shown="--initialize specified but the data directory has files in it; No data dictionary version number found",
)
