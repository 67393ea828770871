"""A stand-in for the SMS gateway: it counts the messages and says that each arrived."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from vaxpolicy.reservation import Delivery

if TYPE_CHECKING:
    from vaxpolicy.reservation import Notify

LOG = logging.getLogger("portal.messages")


class LogGateway:
    """One message for one key; neither number nor name is logged."""

    def __init__(self) -> None:
        self.sent: set[str] = set()

    def send(self, key: str, notice: Notify) -> Delivery:
        """Send a message, once."""
        if key not in self.sent:
            self.sent.add(key)
            LOG.info("message %d: %s", len(self.sent), notice.policy_id)
        return Delivery.DELIVERED
