"""Start the portal: `python -m examples.portal`.

A key of one's own is given by the environment: PORTAL_KEY, 32 bytes or more in hexadecimal digits.
Without it the portal makes one, and pseudonyms change with every start. The passwords of staff and
operator are given as argon2 hashes by PORTAL_STAFF and PORTAL_OPERATOR; `--demo` sets "demo" for
both, and lets plain HTTP carry the cookies, which only a machine's own loopback may do.
"""

from __future__ import annotations

import argparse
import os
import secrets
from datetime import datetime

import uvicorn
from argon2 import PasswordHasher

from examples.portal.app import make_app
from examples.portal.settings import Settings, system_time
from vaxpolicy.days import TAIWAN


def main() -> None:
    """Read the command line, and serve on loopback."""
    parser = argparse.ArgumentParser(prog="portal", description="A booking portal, for trying out.")
    parser.add_argument("--database", default="portal.db", help="a file, or postgresql://...")
    parser.add_argument("--at", help="the instant that the portal's clock starts at, in Taiwan")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--demo", action="store_true", help="known passwords, plain HTTP")
    given = parser.parse_args()
    at = None if given.at is None else datetime.fromisoformat(given.at).replace(tzinfo=TAIWAN)
    key = os.environ.get("PORTAL_KEY")
    demo = PasswordHasher().hash("demo") if given.demo else ""
    settings = Settings(
        database=given.database, secure=not given.demo,
        key=secrets.token_bytes(32) if key is None else bytes.fromhex(key),
        staff_password=os.environ.get("PORTAL_STAFF", demo),
        operator_password=os.environ.get("PORTAL_OPERATOR", demo),
        skew=None if at is None else at - system_time(),
    )  # fmt: skip
    uvicorn.run(make_app(settings), host="127.0.0.1", port=given.port, access_log=False)


if __name__ == "__main__":
    main()
