# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A CRD that is there and that the API server does not serve."""

from __future__ import annotations

from ..rule import rule
from ..signals import condition

rule(
    __name__,
    condition("apiextensions.k8s.io", "CustomResourceDefinition", "NamesAccepted"),
    condition("apiextensions.k8s.io", "CustomResourceDefinition", "Established"),
    cause="Kinds are not served, since their names clash with others: {name}.",
    remedy="Look which other CRD has the same plural, kind or short name (its condition NamesAccepted tells), and remove the one that "
    "is left from an older install.",
    shown="condition Established or NamesAccepted of a CustomResourceDefinition is False",
    after=30,
)
