"""A served store's settings: production's, with static files that nobody has collected."""

from config.settings import *
from config.settings import STORAGES

STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
