"""How Hypothesis searches.

Quickly at the desk, the same way every time in CI, long when asked.

`CI` picks "ci"; `pytest --hypothesis-profile=long` picks any by name.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=100, deadline=None)
settings.register_profile(
    "ci",
    derandomize=True,  # a red run means that the change is wrong, not that luck ran out
    database=None,
    max_examples=200,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # it times the machine, not the test
)
settings.register_profile(
    "long", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
