# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of the plan that are not there: it was never applied here, they were uninstalled, or somebody deleted them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..._objects.objects import Key
from ..evidence import Evidence
from ..looks import lacking
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    # What was refused has a reason of its own, and what pods need is told with the pods that wait for it.
    told = {refusal.about for refusal in evidence.refusals}
    told.update(match.about for match in lacking(lambda _evidence, _key: True)(evidence))
    missing = {
        key: part
        for key, part in (evidence.planned or {}).items()
        if _is_missing(evidence, key) and key not in evidence.passing and key not in told and evidence.maker(key) is None
    }
    of_parts = Counter(missing.values())
    for key, part in missing.items():
        words = {"count": str(len(missing)), "missing": f"{of_parts[part]} of part {part}"}
        yield Match(key, (f"{key} is not there",), words=words)


def _is_missing(evidence: Evidence, key: Key) -> bool:
    # Manifests give a namespace to ClusterIssuers, too; on the cluster they have none.
    return evidence.is_missing(key) and key._replace(namespace="") not in evidence.objects


def what_held_a_run(evidence: Evidence, match: Match) -> Iterable[Key]:
    """A run sends much only once others are ready, so what is there and is not well comes first."""
    return [key for key in evidence.unwell if key in evidence.objects and key in (evidence.planned or {})]


rule(
    __name__,
    see,
    cause="Objects of the plan are not there, {count} in all, and site.yml brings them: {missing}.",
    remedy="Apply the plan: ansible-playbook -i <inventory> mlplatform.kubeflow.site, for one part with --tags <part>. While a run is at "
    "work it makes them by itself: wait for its end.",
    shown="nothing: what the plan holds is not in the cluster's lists",
    points_to=what_held_a_run,
    general=True,
)
