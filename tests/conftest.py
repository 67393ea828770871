"""Sets how Hypothesis searches.

Quickly at the desk, the same way every time in CI, long when asked.

`CI` picks "ci"; `pytest --hypothesis-profile=long` picks any by name.
"""

import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=100, deadline=None)
settings.register_profile(
    "ci",
    derandomize=True,  # a red run means that the change is wrong, not that luck ran out
    database=None,
    max_examples=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # it times the machine, not the test
)
settings.register_profile(
    "long", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


# Faults that are known and not mended yet: the next step for whoever comes next. Each test here runs; when
# it passes, take it off the list.
KNOWN_FAULTS: dict[str, str] = {}


LONGEST = {"test_boundary.py", "test_exhaustive.py", "test_mutations.py", "test_slots.py"}
"""The files that take longest."""


def pytest_configure(config: pytest.Config) -> None:
    """Let the workers of xdist, where it is installed, take the files in the order below."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the known faults; one that passes is reported as XPASS.

    The files that take long come first, those without a slow test last: so all workers end at nearly the
    same time.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.name not in LONGEST, item.path not in slow))
    for item in items:
        reason = KNOWN_FAULTS.get(item.nodeid) or KNOWN_FAULTS.get(item.nodeid.partition("[")[0])
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage in slow tests.

    They go through a space of cases, and measuring doubles their time. Each line is reached by an example
    of its own, so the coverage is the same. (pytest-cov's mark "no_cover" does nothing under xdist, whose
    workers measure twice.)
    """
    measuring = sys.gettrace()
    if measuring is None or not item.get_closest_marker("slow"):
        return (yield)
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(measuring)
