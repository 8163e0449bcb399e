# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All manifests of a plan, asked for side by side, each once."""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._client.http import ApiError
from .._client.parallel import in_parallel
from .._common.deadline import Deadline
from .repository import Repository, is_plain
from .said import OF_THE_REGISTRY, Said
from .transport import AT_A_TIME, Transport


@dataclass(frozen=True, order=True)
class Manifest:
    """C(registry): a host, perhaps with a port; C(docker.io) is Docker Hub. C(reference): a tag or a digest."""

    registry: str
    repository: str
    reference: str


def ask(
    manifests: Iterable[Manifest], deadline: Deadline, *, environment: Mapping[str, str], plain: Collection[str] = ()
) -> dict[Manifest, Said]:
    """What registries say of each, at the latest when the deadline is over.

    A registry is asked for one repository first, and for the others only once it has answered.

    :arg environment: names proxies.
    :arg plain: registries that are asked by HTTP without TLS; those on loopback are so anyhow.
    """
    wanted = sorted(set(manifests))
    found: dict[Manifest, Said] = {}
    transport = Transport(environment, deadline)
    registries: dict[str, dict[str, list[Manifest]]] = defaultdict(lambda: defaultdict(list))
    for one in wanted:
        registries[one.registry][one.repository].append(one)
    calls = [
        functools.partial(_Registry(transport, name, name in plain or is_plain(name), found).ask, [*repositories.values()])
        for name, repositories in registries.items()
    ]
    # The deadline: what has been said until then counts.
    with contextlib.suppress(ApiError):
        in_parallel(calls, deadline, workers=len(calls))
    said = dict(found)
    return {one: said.get(one) or Said("late", deadline.reason) for one in wanted}


class _Registry:
    """One registry, as long as it answers."""

    def __init__(self, transport: Transport, name: str, plain: bool, found: dict[Manifest, Said]) -> None:
        self._transport, self._name, self._plain, self._found = transport, name, plain, found
        self._end: Said | None = None

    def ask(self, repositories: Sequence[Sequence[Manifest]]) -> None:
        self._repository(repositories[0])
        rest = [functools.partial(self._repository, one) for one in repositories[1:]]
        with contextlib.suppress(ApiError):
            in_parallel(rest, self._transport.deadline, workers=AT_A_TIME)

    def _repository(self, manifests: Sequence[Manifest]) -> None:
        """One after the other, with one token."""
        repository = Repository(self._transport, self._name, manifests[0].repository, plain=self._plain)
        for one in manifests:
            said = self._end or repository.has(one.reference)
            if said.kind in OF_THE_REGISTRY:
                self._end = said
            self._found[one] = said
