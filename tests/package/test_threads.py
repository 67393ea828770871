"""Sixteen threads begin at the same moment, in a process that has loaded nothing yet."""

from __future__ import annotations

import subprocess
import sys

import pytest

THREADS = r'''
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

COUNT = 16
IDS = ["tw/covid19-1922/round-19", "tw/influenza/2025", "tw/childhood/2025"]
begin = Barrier(COUNT)


def work(number):
    """Everything that is loaded, compiled or cached, the first of it in another order in each thread."""
    begin.wait(timeout=60)
    from datetime import date, datetime

    import vaxpolicy
    from vaxpolicy import catalog, eligibility, identity, messages, reservation, wire
    from vaxpolicy.days import TAIWAN

    first = number % len(IDS)
    said = {}
    for name in IDS[first:] + IDS[:first]:
        policy = catalog.load(name)
        for born in (None, date(1950, 2, 28), date(2024, 12, 1)):
            person = eligibility.Person(birth_date=born, doses=())
            decision = eligibility.decide(policy, person)
            said[name, born] = wire.dump(decision)
            for lang in messages.LANGUAGES:
                said[name, born, lang] = messages.describe_reasons(decision.reasons, lang)
            assert wire.load(eligibility.Person, wire.dump(person)) == person
        said[name] = policy.digest
    form = identity.IdentityForm(
        id_number="A123456789", nhi_card="000012345678", captcha_passed=True
    )
    claim = identity.check_form(form, on=date(2026, 11, 28))
    said["claim"] = identity.pseudonyms(claim, key=b"k" * 32)
    said["state"] = wire.dump(reservation.initial())
    said["schema"] = wire.schema(eligibility.Person)
    import stdnum

    stdnum.get_cc_module  # the package runs when this name is first used
    return said


sys.setswitchinterval(1e-5)
with ThreadPoolExecutor(COUNT) as pool:
    found = list(pool.map(work, range(COUNT)))
assert all(it == found[0] for it in found)
begin = Barrier(1)
assert work(0) == found[0]
print(len(found[0]))
'''


@pytest.mark.slow
def test_what_is_shared_is_loaded_compiled_and_used_by_sixteen_threads_at_once() -> None:
    command = [sys.executable, "-W", "error", "-c", THREADS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == 3 * (3 * 6 + 1) + 3
