"""Every setting, in one file; what differs between machines comes from the environment."""

from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF

from config.environment import BASE_DIR, VAR_DIR, read_environment
from config.logs import logging_config
from config.object_storage import picture_sources, storages
from config.social_login import social_providers

env = read_environment()

# ------------------------------------------------------------------ the site
DEBUG = env.debug
SECRET_KEY = env.secret_key
# Encrypts personal columns and keys their hashes; changing it orphans both.
PII_KEY = env.pii_key or env.secret_key
SITE_URL = env.site_url
SITE_HOST = urlsplit(SITE_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = [*env.allowed_hosts, SITE_HOST, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
MARKET_NAME = env.market_name
MARKET_CURRENCY = env.market_currency
MARKET_COUNTRY = env.market_country
# How a shop delivers that has said nothing about it: to its own country, at one price a
# parcel by its currency; free in a currency that is not named.
MARKET_DELIVERY = {
    "zone": "Home country",
    "name": "Standard delivery",
    "min_days": 2,
    "max_days": 5,
    "prices": {
        "BRL": "20.00",
        "EUR": "4.95",
        "GBP": "3.95",
        "INR": "60.00",
        "JPY": "600.00",
        "KES": "300.00",
        "NGN": "2000.00",
        "TZS": "5000.00",
        "USD": "5.00",
    },
}
# The gateway that says what it is asked to say; DEBUG allows it too.
ALLOW_TEST_GATEWAY = env.allow_test_gateway
# Reviews of people who are not known to have bought wait until somebody has read them.
UNVERIFIED_REVIEWS_WAIT = True

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "tree_queries",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "shop",
    "users",
    "catalog",
    "orders",
    "payments",
    "analytics",
    "ingestion",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.middleware.request_id",
    "csp.middleware.CSPMiddleware",
    "shop.middleware.storable_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "users.middleware.keep_session",
    "users.impersonation.SeeAsSomebody",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Last, so that the page that says so has all it needs.
    "shop.middleware.readable_path",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps' own: our account pages take the place of the library's, whose
        # admin must be there before ours.
        "DIRS": [BASE_DIR / "users" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "catalog.context.storefront",
                "orders.context.cart",
            ],
        },
    },
]

# ------------------------------------------------------------------ data
SCHEMA = "data_playground"
_database = urlsplit(env.database_url)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(_database.path.lstrip("/")),
        "USER": unquote(_database.username or ""),
        "PASSWORD": unquote(_database.password or ""),
        "HOST": unquote(_database.hostname or ""),
        "PORT": str(_database.port or ""),
        "OPTIONS": {
            "options": f"-c search_path={SCHEMA},public -c timezone=UTC",
            "pool": {"min_size": 1, "max_size": env.database_pool_size, "timeout": 15},
            "application_name": "soko",
            # For shop.statements; all other statements are never prepared.
            "prepare_threshold": 5,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis_url
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": env.cache_url,
        "KEY_PREFIX": "soko",
        # A cache that is away makes pages slower, not wrong.
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
        },
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
ELASTICSEARCH_URL = env.elasticsearch_url
CLICKHOUSE_URL = env.clickhouse_url
PARTITION_HOT = {
    "hours": env.partition_hot_hours_days,
    "days": env.partition_hot_days,
}

# ------------------------------------------------------------------ files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
S3_ENDPOINT_URL = env.s3_endpoint_url
STORAGES = {
    **storages(env, MEDIA_ROOT, MEDIA_URL),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = [
    "ingestion.quota.UploadQuota",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_MAX_BYTES = env.upload_max_mb * 1024 * 1024

# ------------------------------------------------------------------ people
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["users.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "users.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "users.forms.AddEmailForm",
    "login": "users.forms.LoginForm",
    "reset_password": "users.forms.ResetPasswordForm",
    "signup": "users.forms.SignupForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Only so does a sign-up answer the same whether the address has an account.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
# In the browser that signed up, and in no other.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{MARKET_NAME}: "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
# How many proxies stand before the server: whose word on the address of a client counts.
ALLAUTH_TRUSTED_PROXY_COUNT = env.trusted_proxies
MFA_ADAPTER = "users.adapters.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "users.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "users.passkey_forms.SecondStepPasskeyForm",
    "edit_webauthn": "users.passkey_forms.EditPasskeyForm",
    "login_webauthn": "users.passkey_forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "users.passkey_forms.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = MARKET_NAME
# A clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Browsers give keys to https, and to http://localhost on the developer's own machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SITE_URL.startswith("https://")
SOCIALACCOUNT_ADAPTER = "users.adapters.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = social_providers(env)

# ------------------------------------------------------------------ words, time
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("sw", "Kiswahili"),
    ("pt-br", "Português (Brasil)"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# ------------------------------------------------------------------ mail
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "outbox"
if env.email_url:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    _mail = urlsplit(env.email_url)
    EMAIL_HOST = _mail.hostname or ""
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL and bool(_mail.username)
    EMAIL_PORT = _mail.port or (465 if EMAIL_USE_SSL else 587)
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.email_from or f"{MARKET_NAME} <no-reply@{SITE_HOST}>"

# ------------------------------------------------------------------ security
_https = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = _https
# Load balancers ask for it by plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
X_FRAME_OPTIONS = "DENY"
# E-mail is unique by lower(email), which the check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *picture_sources(env)],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ------------------------------------------------------------------ the API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "shop.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PARSER_CLASSES": [
        "shop.api.parsers.BoundedJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "PAGE_SIZE": 50,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "shop.api.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "shop.api.problems.ProblemFormatter",
}
SPECTACULAR_SETTINGS = {
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shop.api.problems.describe_problems",
    ],
    "TITLE": "Soko",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "CheckoutStatusEnum": "orders.models.CheckoutStatus",
        "FinancialStatusEnum": "orders.models.FinancialStatus",
        "FileStatusEnum": "ingestion.models.FileStatus",
        "OrderStatusEnum": "orders.models.OrderStatus",
        "ReturnStatusEnum": "orders.models.ReturnStatus",
        "ReturnKindEnum": "orders.models.ReturnKind",
        "ProductStatusEnum": "catalog.models.ProductStatus",
        "ShopStatusEnum": "shop.models.ShopStatus",
        "StockReasonEnum": "catalog.models.StockReason",
    },
}

# ------------------------------------------------------------------ tasks
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task longer than the visibility timeout would run twice at once: every task ends
# within CELERY_TASK_TIME_LIMIT, which is shorter.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 20 * 60,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 3,
    "global_keyprefix": "soko:",
}
CELERY_BEAT_SCHEDULER = "config.beat:SingleBeat"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "relay-events": {"task": "shop.tasks.relay_events", "schedule": 1.0},
    "heartbeat": {"task": "shop.tasks.heartbeat", "schedule": 30.0},
    "partitions-ahead": {
        "task": "shop.tasks.maintain_partitions",
        "schedule": crontab(minute=10),
    },
    **(
        {
            "partition-retention": {
                "task": "shop.tasks.drop_expired_partitions",
                "schedule": crontab(hour=3, minute=20),
            }
        }
        if env.partition_retention
        else {}
    ),
    "expire-checkouts": {"task": "orders.tasks.expire_unpaid", "schedule": 30.0},
    "abandon-carts": {
        "task": "orders.tasks.close_old_carts",
        "schedule": crontab(minute=25),
    },
    "settle-payments": {"task": "payments.tasks.settle_open", "schedule": 60.0},
    "idempotency-retention": {
        "task": "shop.tasks.drop_expired_keys",
        "schedule": crontab(minute=35),
    },
    "resume-jobs": {"task": "shop.tasks.resume_stale_jobs", "schedule": 15.0},
    "job-retention": {
        "task": "shop.tasks.drop_old_jobs",
        "schedule": crontab(hour=3, minute=50),
    },
    "roll-up-hours": {
        "task": "analytics.tasks.roll_up_dirty",
        "schedule": crontab(minute="*/5"),
    },
    "stock-alerts": {
        "task": "catalog.tasks.announce_back_in_stock",
        "schedule": crontab(minute="*/5"),
    },
    "low-stock": {
        "task": "catalog.tasks.tell_low_stock",
        "schedule": crontab(minute=5),
    },
    "picture-sizes": {
        "task": "catalog.tasks.make_missing_picture_sizes",
        "schedule": crontab(minute=45),
    },
    "product-schedule": {
        "task": "catalog.tasks.publish_and_withdraw",
        "schedule": crontab(),
    },
    "session-retention": {
        "task": "users.tasks.drop_ended_sessions",
        "schedule": crontab(hour=3, minute=20),
    },
    "resume-ingestion": {
        "task": "ingestion.tasks.resume_stalled_files",
        "schedule": crontab(minute="*/5"),
    },
    "ingestion-retention": {
        "task": "ingestion.tasks.drop_expired_uploads",
        "schedule": crontab(hour=3, minute=40),
    },
}

# ------------------------------------------------------------------ logs
LOGGING_CONFIG = "config.logs.configure_logs"
LOGGING = logging_config(
    level=env.log_level,
    as_json=(env.log_format or ("console" if DEBUG else "json")) == "json",
)

# The admin's dress: the design's green and warm greys, in oklch as the storefront's tokens.
UNFOLD = {
    "SITE_TITLE": MARKET_NAME,
    "SITE_HEADER": MARKET_NAME,
    "SITE_SUBHEADER": "Operations",
    "SITE_URL": "/",
    "SITE_ICON": "shop.admin.navigation.icon",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": "shop.admin.navigation.icon",
        }
    ],
    "STYLES": ["shop.admin.navigation.stylesheet"],
    "BORDER_RADIUS": "8px",
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "analytics.dashboard.callback",
    "COLORS": {
        "base": {
            "50": "oklch(98.6% .006 85)",
            "100": "oklch(96.3% .008 85)",
            "200": "oklch(91% .01 85)",
            "300": "oklch(85% .01 85)",
            "400": "oklch(74% .012 85)",
            "500": "oklch(50% .015 60)",
            "600": "oklch(42% .015 60)",
            "700": "oklch(36% .012 75)",
            "800": "oklch(28% .009 85)",
            "900": "oklch(20.5% .008 85)",
            "950": "oklch(16.5% .008 85)",
        },
        "primary": {
            "50": "oklch(97% .018 165)",
            "100": "oklch(95% .03 165)",
            "200": "oklch(90% .055 165)",
            "300": "oklch(84% .09 165)",
            "400": "oklch(80% .12 165)",
            "500": "oklch(74% .12 165)",
            "600": "oklch(43% .09 165)",
            "700": "oklch(38% .08 165)",
            "800": "oklch(33% .07 165)",
            "900": "oklch(28% .06 165)",
            "950": "oklch(22% .045 165)",
        },
    },
    "SIDEBAR": {
        # In its place: the box over every page (shop/admin/finding.py).
        "show_search": False,
        "show_all_applications": True,
        "navigation": "shop.admin.navigation.groups",
    },
}
