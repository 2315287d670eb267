"""Rows for tests, with nothing surprising in them; one module an app."""
