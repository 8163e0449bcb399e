# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an apply would do, asked of the server with C(dryRun=All) where it can tell, predicted where it cannot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from .._client.http import ApiError, Client
from .._client.refusals import is_uncallable_webhook
from .._common.deadline import Deadline
from .._objects.objects import Key
from .._render.plan import Plan
from .adopt import Taken, taken_of
from .adopt_dry_run import predict_adopted
from .apply import Settings
from .compare import Item, Target
from .diff import comparable
from .errors import cause_of, explain
from .install import refuse_strangers
from .result import Change, Failure, Outcome, PartOutcome


def predict(client: Client, plan: Plan, target: Target, settings: Settings, deadline: Deadline) -> Outcome:
    """The outcome that an apply would have. Nothing is written and nothing is waited for.

    :raises StrangersError: when objects are somebody else's, and not to be taken over.
    """

    refuse_strangers(target, settings)
    taken: dict[Key, Taken] = {}

    def ask(item: Item) -> dict[str, object] | ApiError:
        manager, force = settings.field_manager, settings.force_conflicts
        try:
            if item.key in target.adopting and settings.adoption:
                before, after = predict_adopted(client, item.path, target.live[item.key], item.body, settings.adoption, force, deadline)
                taken[item.key] = taken_of(item.part, item.key, target.strangers[item.key], before, after, item.body, settings.adoption)
                return after
            answer: dict[str, object] = client.apply(item.path, item.body, manager=manager, force=force, dry_run=True, deadline=deadline)
            return answer
        except ApiError as error:
            return error

    # An object that is not live would be created; its namespace or kind may be missing yet, so the server cannot judge it.
    asked = [item for item in target.items.values() if item.key in target.live and item.key not in target.settled]
    with ThreadPoolExecutor(max_workers=settings.workers) as pool:
        answers = dict(zip((item.key for item in asked), pool.map(ask, asked), strict=True))
    outcome = Outcome([PartOutcome(part.name) for part in plan.parts], list(target.unknown), [], target.orphans)
    by_name = {part.name: part for part in outcome.parts}
    for failure in target.unknown:
        by_name[failure.part].failed += 1
    for item in target.items.values():
        part, before, answer = by_name[item.part], target.live.get(item.key), answers.get(item.key)
        if before is None:
            part.created += 1
            outcome.changes.append(Change(item.part, str(item.key), None, item.body))
        elif isinstance(answer, ApiError) and not is_uncallable_webhook(answer):
            part.failed += 1
            outcome.failures.append(Failure(item.part, str(item.key), explain(answer), cause=cause_of(answer, item.resource.collection)))
        elif item.key in target.settled or (
            isinstance(answer, dict) and item.key not in taken and comparable(answer) == comparable(before)
        ):
            part.unchanged += 1
        else:
            part.changed += 1
            outcome.changes.append(Change(item.part, str(item.key), before, answer if isinstance(answer, dict) else item.body))
    outcome.taken = [taken[key] for key in target.items if key in taken]
    return outcome
