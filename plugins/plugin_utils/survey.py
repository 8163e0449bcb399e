# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The survey of an AWX job template, from the release files and argument specs.

What AWX does with answers decides the form (awx/main/models/mixins.py, awx/api/views SurveySpec):

* A question that is required counts answers and not defaults, so schedules and workflows without one are refused: none is required.
* The default of a multiselect is never applied on launches by the API, and of a text an empty default is sent as an empty answer: neither has one.
* A choice is text. What is chosen arrives as text or, on ansible-core 2.19, as the number that it looks like; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Settings that have a field of their own, in order. Anything else goes into kubeflow_settings.
_FIELDS = (
    ("kubeflow_release", "Kubeflow release"),
    ("kubeflow_parts", "Parts to install"),
    ("kubeflow_provided_parts", "Parts that the cluster has already"),
    ("kubeflow_resources", "Requests of CPU and memory"),
    ("kubeflow_image_pull_policy", "When images are pulled"),
    ("kubeflow_force_conflicts", "Take over fields of other managers"),
    ("kubeflow_timeout", "Seconds to apply, and again to become ready"),
    ("kubeflow_settings", "Other settings, as YAML"),
)
_NAMES_OF_PARTS = ("kubeflow_parts", "kubeflow_provided_parts")
# E(VARIABLE), C(code), V(value) and the like of argument specs.
_MARKUP = re.compile(r"\b[A-Z]\(([^()]*)\)")


def survey(releases: Mapping[str, Iterable[str]], options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A survey spec as AWX takes it, and gives it back.

    :arg releases: names of parts by the name of their release.
    :arg options: options of role kubeflow, by name.
    :raises KeyError: when one of the fields is no option any more.
    """
    parts = sorted({part for names in releases.values() for part in names})
    return {
        "name": "",
        "description": "",
        "spec": [_question(name, title, options[name], list(releases), parts) for name, title in _FIELDS],
    }


def _question(name: str, title: str, option: Mapping[str, Any], releases: list[str], parts: list[str]) -> dict[str, Any]:
    common = {
        "variable": name,
        "question_name": title,
        "question_description": _plain(option["description"]),
        "required": False,
    }
    if name == "kubeflow_release":
        return {**common, "type": "multiplechoice", "choices": releases, "default": str(option["default"])}
    if name in _NAMES_OF_PARTS:
        return {**common, "type": "multiselect", "choices": parts}
    if option["type"] == "bool":
        return {**common, "type": "multiplechoice", "choices": ["false", "true"], "default": str(option["default"]).lower()}
    if option["type"] == "int":
        return {**common, "type": "integer", "min": 1, "max": 86400, "default": option["default"]}
    if option.get("choices"):
        # An empty choice cannot be made there; no answer is the default.
        return {**common, "type": "multiplechoice", "choices": [choice for choice in option["choices"] if choice]}
    if option["type"] in ("dict", "list"):
        return {**common, "type": "textarea", "min": 0, "max": 65536}
    return {**common, "type": "text", "min": 0, "max": 1024}


def _plain(description: Any) -> str:
    text = description if isinstance(description, str) else " ".join(description)
    return _MARKUP.sub(r"\1", " ".join(text.split()))
