"""The project's own tools; they are not installed with the library."""
