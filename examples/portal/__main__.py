"""Start the portal: `python -m examples.portal`.

A key of one's own is given by the environment: PORTAL_KEY, 32 bytes or more in hexadecimal digits.
Without it the portal makes one, and pseudonyms change with every start. The passwords of staff and
operator are given as argon2 hashes by PORTAL_STAFF and PORTAL_OPERATOR; `--demo` sets "demo" for
both, and lets plain HTTP carry the cookies, which only a machine's own loopback may do.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets

import uvicorn
from argon2 import PasswordHasher

from examples.portal.app import make_app
from examples.portal.settings import Settings, instant


def main() -> None:
    """Read the command line, and serve on loopback."""
    parser = argparse.ArgumentParser(prog="portal", description="A booking portal, for trying out.")
    parser.add_argument("--database", default="portal.db", help="a file, or postgresql://...")
    parser.add_argument("--at", type=instant, help="the instant of the portal's clock, in Taiwan")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--demo", action="store_true", help="known passwords, plain HTTP")
    given = parser.parse_args()
    demo = PasswordHasher().hash("demo") if given.demo else ""
    settings = Settings(
        database=given.database, secure=not given.demo,
        key=bytes.fromhex(os.environ.get("PORTAL_KEY") or secrets.token_hex(32)),
        staff_password=os.environ.get("PORTAL_STAFF", demo),
        operator_password=os.environ.get("PORTAL_OPERATOR", demo),
    )  # fmt: skip
    settings.set_clock(given.at)
    logging.basicConfig(level=logging.INFO)  # the messages of the gateway's stand-in
    uvicorn.run(make_app(settings), host="127.0.0.1", port=given.port, access_log=False)


if __name__ == "__main__":
    main()
