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
        self._sent: set[str] = set()

    @property
    def count(self) -> int:
        """How many messages were sent."""
        return len(self._sent)

    def send(self, key: str, notice: Notify) -> Delivery:
        """Send a message, once."""
        if key not in self._sent:
            self._sent.add(key)
            LOG.info("message %d: %s", len(self._sent), notice.policy_id)
        return Delivery.DELIVERED
