# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All checks of a cluster before anything is written to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .._client.connection import UNREACHABLE
from .._client.http import ApiError, Client
from .._client.identity import AnotherClusterError, ClusterIdentity, kubernetes_version, same_cluster
from .._client.refusals import stranger_in
from .._common.deadline import Deadline
from .._inventory.strangers import REFUSE
from .._render.plan import Plan
from .check import Check, Finding, Gone, Made, Question
from .checks import CHECKS
from .look import Look, look_at
from .probes.run import Probing, probe


def preflight(
    client: Client,
    plan: Plan,
    *,
    kubernetes_min: str,
    kubernetes_max: str,
    overridden: Iterable[str],
    deadline: Deadline,
    expected: Mapping[str, str] | None = None,
    verified: bool = True,
    made: Iterable[Made] = (),
    manager: str = "mlplatform.kubeflow",
    foreign: str = REFUSE,
    adopt_managers: Iterable[str] = (),
    gone: Iterable[Gone] = (),
    overrides: str = "overrides",
    probing: Probing | None = None,
) -> tuple[ClusterIdentity, list[Finding]]:
    """Who the cluster is, and all checks; a failed one that is overridden by name becomes a warning.

    :arg expected: C(host) and C(uid) of the cluster that it has to be; None for any.
    :arg verified: whether the API server's certificate is checked. C(made): what controllers make once they run.
    :arg manager: our field manager; C(foreign), C(adopt_managers): what an apply does with objects of others.
    :arg gone: images that registries are known not to have any more.
    :arg overrides: the option's name for people.
    :arg probing: what is made on the cluster for the time of it; None for nothing.
    """
    nobody = ClusterIdentity(client.host, "")
    try:
        version = kubernetes_version(client, deadline)
        cluster = same_cluster(client, expected, deadline)
    except ApiError as error:
        # Without an answer there is nothing else to ask.
        return nobody, [Finding("api_reachable", "fail", f"{client.host} does not answer as it should: {error.message}", UNREACHABLE)]
    except AnotherClusterError as error:
        return nobody, [Finding("same_cluster", "fail", str(error))]
    findings = [Finding("api_reachable", "pass", f"{client.host} answers, Kubernetes {version}")]
    look = Look()
    try:
        look = look_at(client, deadline)
    except ApiError as error:
        # Who may ask so little can still be told what is known without it.
        findings.append(Finding("api_discovery", "warn", f"{client.host} does not say what it has: {error.message}", UNREACHABLE))
        look = Look(gaps=_EveryGap(error))
    question = Question(
        client,
        plan,
        deadline,
        version,
        kubernetes_min,
        kubernetes_max,
        look,
        verified,
        tuple(made),
        manager,
        foreign,
        tuple(adopt_managers),
        tuple(gone),
    )
    passed_over = frozenset(overridden)
    asked = (_ask(one, question, one.name in passed_over, overrides) for one in CHECKS.values())
    findings += filter(None, asked)
    if probing is not None:
        findings += (_unless(one, one.check in passed_over, overrides) for one in probe(question, probing))
    return cluster, findings


class _EveryGap(dict[str, ApiError]):
    """Nothing could be read, whatever is asked for."""

    def __init__(self, error: ApiError) -> None:
        super().__init__()
        self._error = error

    def __contains__(self, resource: object) -> bool:
        return True

    def __getitem__(self, resource: str) -> ApiError:
        return self._error


def _ask(one: Check, question: Question, overridden: bool, overrides: str) -> Finding | None:
    try:
        answer = one.run(question)
    except ApiError as error:
        remedy = one.unsaid
        if stranger := stranger_in(error):
            remedy = f"{stranger} refuses the question, whoever asks it: mend or remove it."
        words = f"{question.client.host} does not say: {error.message}"
        found = Finding(one.name, "fail" if one.needs_answer else "warn", words, remedy)
    else:
        if answer is None:
            return None
        found = answer.of(one.name)
    return _unless(found, overridden, overrides)


def _unless(found: Finding, overridden: bool, overrides: str) -> Finding:
    """A failure is a warning when it is overridden by name, and says how otherwise."""
    if found.result != "fail":
        return found
    if overridden:
        return replace(found, result="warn", message=f"{found.message} (overridden)")
    # A command ends without a full stop, so that it can be copied.
    way = f"To go on all the same: {overrides}: [{found.check}]"
    return replace(found, remedy=f"{found.remedy} {way}" if found.remedy.endswith(".") else f"{found.remedy}; {way[0].lower()}{way[1:]}")
