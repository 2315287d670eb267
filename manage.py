#!/usr/bin/env python
"""Soko's command line: `python manage.py help` lists the commands."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
except ModuleNotFoundError:
    sys.exit(
        "This Python has no Django. Run `make setup` once, then"
        " `.venv/bin/python manage.py …`."
    )

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
