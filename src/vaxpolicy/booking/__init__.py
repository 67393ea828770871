"""What a reservation is made from: commands, events, slots, guards."""
