"""JSON, tables and figures."""
