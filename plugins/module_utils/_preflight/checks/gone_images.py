# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images of the plan that their registries are reported not to have any more. No registry is asked."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..._common.naming import option_name
from ..._render._patches.images import named_images
from ..._render._patches.reference import Reference
from ..check import Answer, Gone, Problem, Question, answer_of, check


@check(
    asks="Whether images of the plan, also those in arguments, ConfigMaps and custom resources, are known to be gone from their registries.",
    unsaid="Compare the images of the plan by hand with gone_images in the release's file.",
)
def gone_images(question: Question) -> Answer | None:
    if not question.gone:
        return None
    if question.look.simulated:
        return Answer("nodes are simulated: no image is pulled")
    found: dict[Gone, list[str]] = {}
    for image in sorted(named_images(question.objects())):
        if gone := known_gone(question, image):
            found.setdefault(gone, []).append(str(image))
    return answer_of((_problem(gone, images) for gone, images in found.items()), "no image of the plan is known to be gone")


def known_gone(question: Question, image: Reference) -> Gone | None:
    """What is known of an image that is reported to be gone."""
    return next((one for one in question.gone if _means(one, image)), None)


def remedy_of(gone: Gone) -> str:
    if gone.living:
        return f"Containers get what lives with {option_name('image_map')}: living; settings of the part change arguments and ConfigMaps."
    return (
        f"Take these from a mirror that has them: {option_name('image_registries')} or {option_name('images')}; "
        "what stands in arguments and ConfigMaps has settings of its part."
    )


def _means(gone: Gone, image: Reference) -> bool:
    """By registry and repository, so that it does not matter how an image of Docker Hub is written."""
    if "*" in gone.image:
        return fnmatchcase("/".join(image.canonical), gone.image)
    known = Reference.parse(gone.image)
    same = known is not None and known.canonical == image.canonical
    return known is not None and same and known.tag in ("", image.tag) and known.digest in ("", image.digest)


def _problem(gone: Gone, images: list[str]) -> Problem:
    """A warning: a mirror that nodes ask in the registry's place, or what they have already, is not to be seen from here."""
    shown = images[0] if len(images) == 1 else f"{len(images)} images ({gone.image})"
    since = f" since {gone.since}" if gone.since else ""
    source = f" ({gone.source})" if gone.source else ""
    if gone.living:
        what = f"reported to be gone{since}: {shown}; the same is {gone.living}"
    else:
        what = f"reported to be gone{since}, and known to live nowhere else: {shown}"
    return Problem(what, remedy_of(gone), blocks=False, evidence=tuple(f"{image}{source}" for image in images))
