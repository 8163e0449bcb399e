# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quantities as the API server stores them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.quantity import canonical_quantity


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1.5", "1500m"),
        (0.5, "500m"),
        (2, "2"),
        (1000, "1k"),
        ("1024Mi", "1Gi"),
        ("1000Mi", "1000Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1024", "1024"),
        ("0", "0"),
        ("0Gi", "0"),
        ("0.1Gi", "107374182400m"),
        # Whose form is not known here: as it is written.
        ("1.500", None),
        ("01", None),
        ("1e3", None),
        ("-1", None),
        ("1n", None),
        ("0.5m", None),
        ("9E", "9E"),
        ("10E", None),
        ("", None),
        ("one", None),
        (True, None),
        (None, None),
    ],
)
def test_canonical_quantities(value: Any, stored: str | None) -> None:
    assert canonical_quantity(value) == stored
