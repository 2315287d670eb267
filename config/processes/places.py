"""Files of a run below `var/`."""

import hashlib

from config.environment import BASE_DIR, VAR_DIR

RUN_DIR = VAR_DIR / "run"
LOG_DIR = VAR_DIR / "log"
STATIC_STAMP = VAR_DIR / "static.stamp"
DEMO_LOGINS = VAR_DIR / "demo-logins.json"
DEMO_ENV = VAR_DIR / "demo.env"
# In every child's command line, so that a process is known as this project's own.
TAG = "soko-" + hashlib.sha256(str(VAR_DIR).encode()).hexdigest()[:8]
MANAGE = BASE_DIR / "manage.py"
