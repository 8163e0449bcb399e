# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether it is certain whom one talks to."""

from __future__ import annotations

from checked import ask, found


def test_a_certificate_that_is_not_checked_is_a_warning() -> None:
    assert found("verified_tls").result == "pass"
    answer = found("verified_tls", verified=False)
    assert answer.result == "warn" and "AWX" in answer.remedy


def test_without_tls_there_is_none() -> None:
    assert ask("verified_tls", host="http://127.0.0.1:8001", verified=False) is None
