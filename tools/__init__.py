"""What the project needs beside the library; nothing of it is installed."""
