"""One settings module for every installation; what differs comes from the environment (docs/settings.md)."""

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from otklik.config.env import (
    ConfigError,
    env_address,
    env_bool,
    env_choice,
    env_list,
    env_networks,
    env_secret,
    env_text,
    env_time_zone,
)
from otklik.core.object_store import ObjectStore, read_object_store

PACKAGE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_text("OTKLIK_DATA", "./data")).expanduser().resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)


def _secret_key() -> str:
    """Take the key from the environment, else make one once and keep it in the data folder, readable by its owner."""
    key = env_secret("OTKLIK_SECRET_KEY")
    if key:
        return key
    path = DATA_DIR / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _database(url: str) -> dict[str, object]:
    """Build the connection settings for ``OTKLIK_DATABASE_URL``, or for the SQLite file of the data folder."""
    if not url:
        return {
            "ENGINE": "otklik.core.db.sqlite",
            "NAME": str(DATA_DIR / "otklik.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its words would show the password
        raise ConfigError("OTKLIK_DATABASE_URL must look like postgresql://user:password@host:5432/otklik") from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigError("OTKLIK_DATABASE_URL must begin with postgresql://")
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "otklik.core.db.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(options.pop("host", "") or parts.hostname or ""),
        "PORT": str(options.pop("port", "") or port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {key: unquote(value) for key, value in options.items()},
    }


def _files(url: str) -> tuple[Path, ObjectStore | None]:
    """Read where files lie: a path, ``file:///path`` or ``s3://…``; then the folder is where they wait for the store.

    Anything else would silently become a strange folder.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "s3" and separator:
        try:
            return DATA_DIR / "blobs", read_object_store(url)
        except ValueError as error:
            raise ConfigError(f"OTKLIK_ATTACHMENTS_URL cannot be used: {error}.") from None
    if separator and scheme != "file":
        raise ConfigError("OTKLIK_ATTACHMENTS_URL must be a folder (a path or file:///path) or begin with s3://.")
    return Path(unquote(rest) if separator else url).expanduser().resolve(), None


SECRET_KEY = _secret_key()
DEBUG = False
DEMO = env_bool("OTKLIK_DEMO", default=False)
BASE_URL = env_address("OTKLIK_BASE_URL")
ALLOWED_HOSTS = env_list("OTKLIK_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
if BASE_URL and (_base_host := urlsplit(BASE_URL).hostname) and _base_host not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_base_host)
TRUSTED_PROXIES = env_list("OTKLIK_TRUSTED_PROXIES")
_HTTPS = BASE_URL.startswith("https://")

DATABASES = {"default": _database(env_secret("OTKLIK_DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BLOB_DIR, BLOB_STORE = _files(env_secret("OTKLIK_ATTACHMENTS_URL", str(DATA_DIR / "blobs")))
METRICS_TOKEN = env_secret("OTKLIK_METRICS_TOKEN")
BACKUP_BEFORE_UPGRADE = env_bool("OTKLIK_BACKUP_BEFORE_UPGRADE", default=True)
SMTP_URL = env_secret("OTKLIK_SMTP_URL")
SMTP_LISTEN = env_text("OTKLIK_SMTP_LISTEN")
SMTP_TLS_CERTIFICATE = env_text("OTKLIK_SMTP_TLS_CERTIFICATE")
SMTP_TLS_KEY = env_text("OTKLIK_SMTP_TLS_KEY")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_prose_editor",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "otklik.core",
    "otklik.search",
    "otklik.accounts",
    "otklik.contacts",
    "otklik.tickets",
    "otklik.channels",
    "otklik.channels.email",
    "otklik.channels.webform",
    "otklik.webhooks",
    "otklik.presence",
    "otklik.queues",
    "otklik.notifications",
    "otklik.desk",
    "otklik.portal",
    "otklik.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "otklik.config.logging.RequestLogMiddleware",
    "otklik.config.static_files.VersionedFiles",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "otklik.accounts.middleware.ActorMiddleware",
    "otklik.accounts.middleware.PersonalLocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "otklik.config.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "otklik.config.urls"
WSGI_APPLICATION = "otklik.config.wsgi.application"
ASGI_APPLICATION = "otklik.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"i18n": "otklik.core.templatetags.worded", "static": "otklik.core.templatetags.worded"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.messages.context_processors.messages",
                "otklik.desk.context.shell",
            ],
        },
    },
    {
        "NAME": "hot",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "otklik.core.hot.environment"},
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "otklik.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "otklik.accounts.tokens.ResetTokens"  # noqa: S105 - a class
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
PASSWORD_RESET_TIMEOUT = 60 * 60 * 4
MFA_ADAPTER = "otklik.accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are entered by an administrator, not verified by a link
MFA_FORMS = {
    "add_webauthn": "otklik.accounts.forms.AddKeyForm",
    "authenticate_webauthn": "otklik.accounts.forms.AuthenticateKeyForm",
    "login_webauthn": "otklik.accounts.forms.LoginKeyForm",
    "reauthenticate_webauthn": "otklik.accounts.forms.ReauthenticateKeyForm",
}

SESSION_ENGINE = "otklik.accounts.sessions"
SESSION_COOKIE_NAME = "otklik_session"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_NAME = "otklik_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = False
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL else []
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}

# browser
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 180 if _HTTPS else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_TEMP_DIR = None

# files
STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "otklik.config.static_files.VersionedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# language and time
LANGUAGE_CODE = env_text("OTKLIK_LANGUAGE", "ru")
if LANGUAGE_CODE not in {"ru", "en"}:
    raise ConfigError("OTKLIK_LANGUAGE must be ru or en.")
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
# the rooms' too: as mere apps they would stand behind the packages, whose word for "Phone" is another
LOCALE_PATHS = [PACKAGE_DIR / "locale", *sorted([*PACKAGE_DIR.glob("*/locale"), *PACKAGE_DIR.glob("*/*/locale")])]
TIME_ZONE = env_time_zone("OTKLIK_TIME_ZONE", "Europe/Moscow")
USE_I18N = True
USE_TZ = True

# work behind the pages
TASKS = {"default": {"BACKEND": "otklik.core.jobs.backend.LeaseBackend", "QUEUES": []}}
MAILERS = {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}
DEFAULT_FROM_EMAIL = "otklik@localhost"
OUTBOUND_NETWORKS_ALLOWED = env_networks("OTKLIK_OUTBOUND_NETWORKS")
LOGGING_CONFIG = "otklik.config.logging.configure"
LOGGING = {
    "level": env_choice("OTKLIK_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    "format": env_choice("OTKLIK_LOG_FORMAT", "text", ("text", "json")),
}
# templates.W003: our library stands in the place of two of Django's on purpose
SILENCED_SYSTEM_CHECKS = ["templates.W003", "security.W004", "security.W008", "security.W012", "security.W016"]
TEST_RUNNER = "django.test.runner.DiscoverRunner"
