# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module hands on of its options, by the names that its users know them by."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common import naming
from ansible_collections.mlplatform.kubeflow.plugins.modules import preflight as module


class Stop(Exception):
    """Where the cluster would be asked."""


def handed_on(**given: Any) -> dict[str, Any]:
    """What the checks are told by the module's options."""

    def made(argument_spec: dict[str, Any], **_: Any) -> mock.Mock:
        params = {name: option.get("default") for name, option in argument_spec.items()}
        return mock.Mock(params={**params, "plan": "/tmp/plan", **given}, check_mode=False)

    with (
        mock.patch.object(module, "AnsibleModule", made),
        mock.patch.multiple(module, require=mock.DEFAULT, load_plan=mock.DEFAULT, cluster_of=mock.DEFAULT),
        mock.patch.object(module, "preflight", side_effect=Stop) as asked,
        pytest.raises(Stop),
    ):
        module.main()
    told: dict[str, Any] = asked.call_args.kwargs
    return told


@pytest.mark.parametrize(
    ("prefix", "limit", "overrides"),
    [("", "timeout", "overrides"), ("kubeflow_", "kubeflow_preflight_timeout", "kubeflow_preflight_overrides")],
)
def test_what_it_names_is_what_has_to_be_set(monkeypatch: pytest.MonkeyPatch, prefix: str, limit: str, overrides: str) -> None:
    monkeypatch.setattr(naming, "_prefix", "")
    told = handed_on(variable_prefix=prefix)
    assert (told["deadline"].reason, told["overrides"]) == (f"the time of 20 s is over, the {limit}", overrides)
