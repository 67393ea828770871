"""The list of digests, in the sources and on its page."""

from __future__ import annotations

from tools.site import digests


def test_the_digests_of_the_checkout_are_not_stale() -> None:
    assert digests.stale() == [], "run: python -m tools.site write"
