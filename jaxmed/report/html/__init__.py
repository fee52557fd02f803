"""One self-contained HTML page from saved results."""
