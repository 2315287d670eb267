"""Where files go: a folder, or a bucket of S3 or MinIO when one is configured."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.environment import Environment


def storages(env: Environment, media_root: Path, media_url: str) -> dict[str, Any]:
    """Django's STORAGES for files: `default` is public, `private` is read through views."""
    return {
        "default": _storage(env, media_root, "public", media_url=media_url),
        # Uploads, exports and invoices: read through views that ask who you are.
        "private": _storage(env, media_root, "private", media_url=None),
    }


def public_url(env: Environment) -> str:
    """Where browsers read the bucket, without a slash at the end; empty without a bucket.

    The programs of the market may know the same server by another name, `S3_ENDPOINT_URL`.
    """
    if not env.s3_bucket or env.s3_public_url:
        return env.s3_public_url if env.s3_bucket else ""
    if env.s3_endpoint_url:
        return f"{env.s3_endpoint_url}/{env.s3_bucket}"
    return f"https://{env.s3_bucket}.s3.{env.s3_region}.amazonaws.com"


def picture_sources(env: Environment) -> list[str]:
    """Other origins that pages may show pictures of, for the Content-Security-Policy."""
    address = urlsplit(public_url(env))
    return [f"{address.scheme}://{address.netloc}"] if address.netloc else []


def _storage(
    env: Environment, media_root: Path, location: str, *, media_url: str | None
) -> dict[str, Any]:
    if env.s3_bucket:
        address = urlsplit(public_url(env))
        public = {
            "custom_domain": f"{address.netloc}{address.path}",
            "url_protocol": f"{address.scheme}:",
        }
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                # A signed address is good for the name it was signed for alone.
                **(public if media_url is not None else {}),
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
