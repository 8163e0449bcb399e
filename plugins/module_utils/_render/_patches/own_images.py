# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that settings of single parts name: what is no image would only show when a pod is to start."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from .change import Change, ChangeError
from .reference import ImageError, read_image

# C(image), C(runtimeImage), C(queue-sidecar-image), C(TENSORBOARD_IMAGE), C(--kubectl-delivery-image), and the
# C(imageGroupOne) of the Jupyter web app's form.
_IMAGE = re.compile(r".*image|imageGroup\w+", re.IGNORECASE | re.DOTALL)
# Where a form says which image is chosen and which can be.
_OF_A_FORM = ("value", "options")


def with_images(change: Change) -> Change:
    """The change with its images as C(read_image) reads them. An empty one was not given.

    :raises ChangeError: when one is no image.
    """
    try:
        return dataclasses.replace(change, **{name: _read(getattr(change, name)) for name in ("merge", "document", "arguments", "lists")})
    except ImageError as error:
        raise ChangeError(f"{change.setting}: {error}") from error


def _read(value: Any, *, image: bool = False) -> Any:
    if isinstance(value, Mapping):
        fields = {name: (inner, _IMAGE.fullmatch(str(name)) is not None or (image and name in _OF_A_FORM)) for name, inner in value.items()}
        return {name: _read(inner, image=named) for name, (inner, named) in fields.items() if not (named and _is_empty(inner))}
    if isinstance(value, (list, tuple)):
        return [_read(inner, image=image and isinstance(inner, str)) for inner in value]
    return str(read_image(value)) if image and isinstance(value, str) else value


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()
