"""The parts of a reservation: commands, events, slots and guards."""
