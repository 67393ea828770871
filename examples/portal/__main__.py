"""Start the portal: `python -m examples.portal`.

The environment gives PORTAL_KEY (32 bytes or more, in hexadecimal), and argon2 hashes of the
passwords as PORTAL_STAFF and PORTAL_OPERATOR. Without a key, pseudonyms change at every start.
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
    if "://" in given.database and not given.database.startswith("postgresql://"):
        parser.error("--database: expected a file, or an address that begins with postgresql://")
    demo = PasswordHasher().hash("demo") if given.demo else ""
    settings = Settings(
        database=given.database, secure=not given.demo,
        key=bytes.fromhex(os.environ.get("PORTAL_KEY") or secrets.token_hex(32)),
        staff_password=os.environ.get("PORTAL_STAFF", demo),
        operator_password=os.environ.get("PORTAL_OPERATOR", demo),
    )  # fmt: skip
    settings.set_clock(given.at)
    logging.basicConfig(level=logging.INFO)  # shows the messages that the gateway would send
    uvicorn.run(make_app(settings), host="127.0.0.1", port=given.port, access_log=False)


if __name__ == "__main__":
    main()
