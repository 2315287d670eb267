"""What the environment may say: typed, checked once at start (https://12factor.net/config)."""

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent


class Places(BaseSettings):
    """Where the private servers keep their data and write their addresses."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    soko_var: Path = BASE_DIR / "var"


VAR_DIR = Places().soko_var.resolve()


class Environment(BaseSettings):
    """Each field is an environment variable of the same name in capitals.

    A variable of the process wins over `var/private.env`, which the private servers
    write, so that a machine with nothing configured still has every address, and over
    `var/demo.env`, which says in what the sample shops trade.
    """

    model_config = SettingsConfigDict(
        env_file=(VAR_DIR / "private.env", VAR_DIR / "demo.env"),
        extra="ignore",
        env_ignore_empty=True,
    )

    database_url: str
    database_pool_size: int = Field(default=8, ge=1, le=200)
    redis_url: str
    cache_url: str
    elasticsearch_url: str = ""
    clickhouse_url: str = ""

    secret_key: str = Field(min_length=32)
    pii_key: str = ""
    debug: bool = False
    site_url: str = "http://127.0.0.1:8000"
    allowed_hosts: Annotated[list[str], NoDecode] = []
    log_format: str = Field(default="", pattern="^(json|console)?$")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    market_name: str = "Soko"
    market_currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    market_country: str = Field(default="US", pattern="^[A-Z]{2}$")

    email_url: str = ""
    email_from: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=9)
    google_client_id: str = ""
    google_client_secret: str = ""
    oidc_name: str = ""
    oidc_server_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""

    s3_endpoint_url: str = ""
    s3_bucket: str = ""
    s3_access_key: str = ""
    s3_secret_key: str = ""
    s3_region: str = "us-east-1"
    s3_public_url: str = ""

    # Payments that cost nothing, where DEBUG is off: for demonstrations.
    allow_test_gateway: bool = False

    partition_hot_hours_days: int = Field(default=7, ge=1)
    partition_hot_days: int = Field(default=90, ge=7)
    partition_retention: bool = True
    upload_max_mb: int = Field(default=2048, ge=1)

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def split_commas(cls, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def is_postgres(cls, value: str) -> str:
        return _with_scheme(value, "postgresql", "postgres")

    @field_validator("redis_url", "cache_url")
    @classmethod
    def is_redis(cls, value: str) -> str:
        return _with_scheme(value, "redis", "rediss", "unix")

    @field_validator("email_url")
    @classmethod
    def is_smtp(cls, value: str) -> str:
        return _with_scheme(value, "smtp", "smtps") if value else value

    @field_validator(
        "site_url",
        "elasticsearch_url",
        "s3_endpoint_url",
        "s3_public_url",
        "oidc_server_url",
    )
    @classmethod
    def is_http(cls, value: str) -> str:
        return _with_scheme(value.rstrip("/"), "http", "https") if value else value


def _with_scheme(value: str, *schemes: str) -> str:
    if urlsplit(value).scheme not in schemes:
        raise ValueError(f"must start with {schemes[0]}://")
    return value


def read_environment() -> Environment:
    """The checked environment; ends the process with one line a variable when it is wrong."""
    try:
        return Environment()
    except ValidationError as problems:
        for problem in problems.errors():
            name = str(problem["loc"][0]).upper() if problem["loc"] else "environment"
            if problem["type"] == "missing":
                print(
                    f"{name} is not set. Set it, or run `make setup`, which starts"
                    " private servers and writes their addresses.",
                    file=sys.stderr,
                )
            else:
                print(f"{name} {_plain(problem['msg'])}.", file=sys.stderr)
        raise SystemExit(2) from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("String should", "should")
