"""Reading the numbers on documents."""
