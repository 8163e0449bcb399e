# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Failures as the module returns them."""

from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.result import Failure
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.told import each, grouped

WORDS = st.sampled_from(["", "a", "b"])
FAILURES = st.lists(st.builds(Failure, part=WORDS, object=WORDS, message=WORDS, because_of=WORDS, cause=WORDS))


@given(FAILURES)
def test_every_object_is_told_of_once_with_what_it_was_refused_for(failures: list[Failure]) -> None:
    found = list(each(grouped(failures)))
    assert sorted((one["part"], one["object"], one["because_of"], one["cause"]) for one in found) == sorted(
        (one.part, one.object, one.because_of, one.cause) for one in failures
    )
    # Words are its own, or what all were refused for.
    assert {(one["message"] if not one["cause"] else "") for one in found} == {(one.message if not one.cause else "") for one in failures}


@given(FAILURES)
def test_what_differs_is_never_said_of_another(failures: list[Failure]) -> None:
    entries = grouped(failures)
    assert len({(one["part"], one["because_of"], one["cause"], one["cause"] or one["message"]) for one in entries}) == len(entries)


@given(st.lists(st.dictionaries(st.sampled_from(["object", "others", "message", "cause"]), st.none() | st.text() | st.lists(st.text()))))
def test_entries_of_any_shape_are_read(entries: list[dict[str, object]]) -> None:
    assert len(list(each(entries))) >= len(entries)


def test_a_webhook_that_refuses_a_whole_release_is_told_of_in_some_kilobytes() -> None:
    cause = (
        'Internal error occurred: failed calling webhook "dead.example.org": failed to call webhook: Post "https://nobody.default.svc:443"'
    )
    failures = [
        Failure(f"part_{number % 24}", f"Deployment kubeflow/some-name-{number}", f"{cause} (the time of {number} s is over)", "", cause)
        for number in range(700)
    ]
    assert len(json.dumps([asdict(failure) for failure in failures])) > 200_000
    assert len(json.dumps(grouped(failures))) < 50_000
