"""From a folder to a checked description: every key and table read, nothing computed yet."""
