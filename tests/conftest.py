"""What all tests share: the way to `made_up`, and how Hypothesis searches.

Quickly at the desk, the same way every time in CI, long when asked.

`CI` picks "ci"; `pytest --hypothesis-profile=long` picks any by name.
"""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.append(str(Path(__file__).parent))  # `--import-mode=importlib` leaves it out

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
