"""Where files go: a folder, or a bucket of S3 or MinIO when one is configured."""

from pathlib import Path
from typing import Any

from config.environment import Environment


def storages(env: Environment, media_root: Path, media_url: str) -> dict[str, Any]:
    """Django's STORAGES for files: `default` is public, `private` is read through views."""
    return {
        "default": _storage(env, media_root, "public", media_url=media_url),
        # Uploads, exports and invoices: read through views that ask who you are.
        "private": _storage(env, media_root, "private", media_url=None),
    }


def _storage(
    env: Environment, media_root: Path, location: str, *, media_url: str | None
) -> dict[str, Any]:
    if env.s3_bucket:
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": env.s3_bucket,
                "endpoint_url": env.s3_endpoint_url or None,
                "access_key": env.s3_access_key,
                "secret_key": env.s3_secret_key,
                "region_name": env.s3_region,
                "location": location,
                "querystring_auth": media_url is None,
                "file_overwrite": False,
            },
        }
    options: dict[str, Any] = {"location": media_root / location}
    if media_url is not None:
        options["base_url"] = f"/{media_url}{location}/"
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": options,
    }
