# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that wait for a database."""

from __future__ import annotations

from ..looks import DATABASES, to
from ..rule import rule
from ..signals import log

rule(
    __name__,
    log(
        r":3306:? .*connect(?:ion)?:? connection refused|:3306: connect: |mysql_real_connect failed|Can't connect to MySQL server|"
        r"Waiting for ml pipeline API server failed|"
        r"dial tcp [\d.]+:3306|:5432.*connection refused"
    ),
    cause="Programs do not reach their database.",
    remedy="The database is ready and they are not: its network (NetworkPolicy, sidecars) or its login is not as they want it; for a "
    "MySQL 8 of your own the user has to sign in by mysql_native_password (pipelines_database_host, pipelines_database_secret).",
    shown="dial tcp …:3306: connect: connection refused; mysql_real_connect failed",
    after=300,
    heals=True,
    points_to=to(*DATABASES),
)
