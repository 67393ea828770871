"""The random driver, and the faults that are planted for it: each breaks one rule of reservations."""

from __future__ import annotations

from tests.booking import driver


def test_two_thousand_steps_are_as_the_manual_says() -> None:
    counted = driver.run(seed=1, steps=2_000)
    kinds = {answer.split(":")[0] for answer in counted}
    assert {*driver.TABLE} <= kinds | {"Close"}
    assert counted["Book: accepted"] > 0
