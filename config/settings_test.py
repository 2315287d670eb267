"""The settings, with the few lines that tests need otherwise."""

import os

from config.settings import *
from config.settings import DATABASES, STORAGES, VAR_DIR, env

DEBUG = False
# As documented, whatever the machine's own market trades in.
MARKET_CURRENCY, MARKET_COUNTRY = "USD", "US"
# Several runs side by side need a database each.
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("SOKO_TEST_DB") or None}
# Threads of a test hold their own connections; a pool would keep them open after it.
DATABASES["default"]["OPTIONS"].pop("pool")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# Processes of pytest-xdist share nothing that a test leaves: database, Redis, files.
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_database = os.environ.get("SOKO_TEST_DB") or "test"
MEDIA_ROOT = VAR_DIR / "test-media" / f"{_database}-{_process}"
for _name in ("default", "private"):
    STORAGES[_name]["OPTIONS"]["location"] = MEDIA_ROOT / _name
REDIS_URL = env.redis_url.rsplit("/", 1)[0] + f"/{4 + _process % 8}"
CELERY_BROKER_URL = REDIS_URL
