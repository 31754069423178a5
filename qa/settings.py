"""Interlock's settings. What differs between plants is read from the environment; docs/install.md lists it."""

import secrets
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF

from qa import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The site -------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)
# Where the demo keeps the keys of its rigs, beside its private database.
DEMO_FOLDER = Path(env.text("DEMO_FOLDER", str(BASE_DIR / ".interlock" / "demo")))
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "qa.urls"
WSGI_APPLICATION = "qa.wsgi.application"

# Where no database is named nothing can be served, so a key that lives as long as the process is enough: it lets
# `manage.py help`, type checks and tests of pure code run without any set-up.
SECRET_KEY = env.text("SECRET_KEY") or ("" if env.text("DATABASE_URL") else secrets.token_urlsafe(48))
if len(SECRET_KEY) < 32:
    raise env.BadSetting("SECRET_KEY", "*" * len(SECRET_KEY), "at least 32 random characters, kept secret")

HTTPS = env.flag("HTTPS", default=not DEBUG)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 3600 if HTTPS else 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", default=False) else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "inspections.web.views.errors.csrf_failed"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * env.number("SESSION_HOURS", 10, least=1)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# A bulk body may hold 16 MiB once unpacked (the API counts while it unpacks); what comes over the wire is never larger.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Files of rigs, each under its SHA-256, written once; to be backed up with the database.
SUBMISSIONS_DIR = Path(env.text("SUBMISSIONS_DIR", str(BASE_DIR / ".interlock" / "submissions")))
SUBMISSION_MAX_BYTES = env.number("SUBMISSION_MAX_BYTES", 64 * 1024 * 1024, least=1024)
# What a person attaches, such as a laboratory's certificate; it lies beside the submissions.
DOCUMENT_MAX_BYTES = env.number("DOCUMENT_MAX_BYTES", 16 * 1024 * 1024, least=1024)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 4

# --- What is installed ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "inspections",
    "qa.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
    "django_htmx",
    "axes",
    "allauth",
    "allauth.account",
    "csp",
]
MIDDLEWARE = [
    "inspections.api.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "inspections.web.middleware.ContentSecurityPolicy",
    "inspections.web.middleware.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "inspections.web.middleware.Users",
    "inspections.web.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "inspections.web.frame.frame",
            ],
            "libraries": {"interlock": "inspections.web.templatetags.interlock"},
        },
    }
]

# --- PostgreSQL and Redis -------------------------------------------------------------------------------------------
# The application's role works, the owner's migrates: manage.py sets DATABASE_AS_OWNER for the commands that change
# tables. Without an address the folder's name is what the error message shows.
_UNSET = "postgresql://interlock_app@/interlock?host=/DATABASE_URL-is-not-set"
_APPLICATION = env.Database.from_url("DATABASE_URL", env.text("DATABASE_URL", _UNSET))
_OWNER = env.Database.from_url("DATABASE_OWNER_URL", env.text("DATABASE_OWNER_URL", env.text("DATABASE_URL", _UNSET)))
APPLICATION_ROLE = _APPLICATION.user
_WORKING = _OWNER if env.flag("DATABASE_AS_OWNER", default=False) else _APPLICATION
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _WORKING.name,
        "USER": _WORKING.user,
        "PASSWORD": _WORKING.password,
        "HOST": _WORKING.host,
        "PORT": _WORKING.port,
        "CONN_MAX_AGE": env.number("DATABASE_CONNECTION_SECONDS", 600),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "interlock",
            # What is asked in trips is prepared; what Django asks never is.
            "prepare_threshold": 5 if env.flag("DATABASE_KEEPS_PLANS", default=True) else None,
            **_WORKING.options,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS = env.Redis.from_url("REDIS_URL", env.text("REDIS_URL", "unix:///REDIS_URL-is-not-set"))
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS.url,
        "KEY_PREFIX": "interlock",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

# --- Languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = env.text("LANGUAGE", "en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "inspections" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "Asia/Shanghai")
# When the plant's shifts begin, on the wall clock of that zone: samples may be due for each shift.
SHIFT_STARTS = env.clock_times("SHIFT_STARTS", "07:00,15:00,23:00")

# --- Workers (qa/celery.py reads the names that begin with CELERY_) ---------------------------------------------------
CELERY_BROKER_URL = REDIS.broker_url
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
# Redis hands a task to another worker when nobody acknowledged it for this long: it must exceed the time limit, or a
# task that is still running would be run beside itself.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# The schedule the first beat writes into the database; from then on it is edited in the admin.
CELERY_BEAT_SCHEDULE = {
    "sweep what is undecided": {
        "task": "inspections.sweep_undecided",
        "schedule": env.number("SWEEP_SECONDS", 5, least=1),
        "options": {"queue": "urgent", "expires": 30},
    },
    "decide again what ran out": {
        "task": "inspections.redecide_expired",
        "schedule": 60,
        "options": {"queue": "default", "expires": 120},
    },
    "record what was waiting": {
        "task": "inspections.record_waiting",
        "schedule": 60,
        "options": {"queue": "default", "expires": 120},
    },
    "recount every batch that has not left": {
        "task": "inspections.recount_batches",
        "schedule": crontab(hour=2, minute=40),
        "options": {"queue": "slow", "expires": 3600},
    },
    "tell people": {
        "task": "inspections.tell_people",
        "schedule": env.number("NOTICES_SECONDS", 20, least=1),
        "options": {"queue": "slow", "expires": 60},
    },
    "seal the record": {
        "task": "inspections.seal_ledger",
        "schedule": env.number("SEALING_PERIOD", 5, least=1),
        "options": {"queue": "default", "expires": 30},
    },
    "tell the second places": {
        "task": "inspections.tell_witnesses",
        "schedule": env.number("SEALING_PERIOD", 5, least=1),
        "options": {"queue": "slow", "expires": 30},
    },
    "sweep the intake": {
        "task": "inspections.sweep_intake",
        "schedule": 30,
        "options": {"queue": "slow", "expires": 120},
    },
}

# --- Mail: notices. With neither a server nor a folder named, nobody is told anything by mail -------------------------
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 25, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
_EMAIL_SECURITY = env.choice("EMAIL_SECURITY", "starttls" if EMAIL_HOST_USER else "none", ("none", "starttls", "tls"))
EMAIL_USE_TLS = _EMAIL_SECURITY == "starttls"
EMAIL_USE_SSL = _EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.mail_address("EMAIL_FROM")
# For the demo and for trying: each mail becomes a file here, and none leaves the machine.
EMAIL_FILE_PATH = env.text("EMAIL_FOLDER")
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if EMAIL_FILE_PATH else 'smtp'}.EmailBackend"
NOTICES_BY_MAIL = bool(EMAIL_HOST or EMAIL_FILE_PATH)
if NOTICES_BY_MAIL and not DEFAULT_FROM_EMAIL:
    raise env.BadSetting("EMAIL_FROM", "", "the address that notices come from, since mail is switched on")
# Put before the links in mails. Without it mails name what to look for and link nothing.
SITE_ADDRESS = env.web_address("ADDRESS")
# How long a mail gathers before it is sent at once, and the usual hour of a digest on its reader's clock.
NOTICES_GATHER_SECONDS = env.number("NOTICES_GATHER_SECONDS", 60, least=1, most=3600)
NOTICES_DIGEST_HOUR = env.number("NOTICES_DIGEST_HOUR", 7, most=23)

# --- People and login -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "inspections.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
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
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "inspections.web.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# django-axes counts failed logins; a second counter with other rules would only confuse.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SESSION_REMEMBER = False
AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURES", 10, least=3)
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "inspections.web.views.account.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# --- Static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / ".interlock" / "static")))
_HASHED_NAMES = env.flag("STATIC_HASHED", default=(STATIC_ROOT / "staticfiles.json").exists())
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _HASHED_NAMES
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _HASHED_NAMES

# Where the files of rigs and the documents of people land: on disk below SUBMISSIONS_DIR, or in a bucket of an
# S3-compatible server. Who may write there is told to boto3 in its own way (AWS_ACCESS_KEY_ID and the like).
_BUCKET = env.text("SUBMISSIONS_BUCKET")
if _BUCKET:
    STORAGES["submissions"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _BUCKET,
            "location": env.text("SUBMISSIONS_PREFIX"),
            "endpoint_url": env.text("SUBMISSIONS_ENDPOINT") or None,
            "region_name": env.text("SUBMISSIONS_REGION") or None,
            "addressing_style": "path" if env.text("SUBMISSIONS_ENDPOINT") else "auto",
            "default_acl": None,
        },
    }

# --- Sealing: the keys lie outside the database, in a folder or, one PEM after the other, in the environment ----------
_KEYS = env.text("SEALING_KEYS")
SEALING_KEYS = Path(_KEYS) if _KEYS else None
SEALING_KEY = env.text("SEALING_KEY")
# Where each checkpoint is told as well, out of reach of who administers the database; mail the newest, now and then.
SEALING_WITNESSES = env.places("SEALING_WITNESSES", ("file", "mailto", "http", "https"))
SEALING_MAIL_SECONDS = env.number("SEALING_MAIL_SECONDS", 3600, least=1)

# --- The API --------------------------------------------------------------------------------------------------------
# Closed by default: a view that names no permission of its own can be used by nobody without an account.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Interlock",
    "DESCRIPTION": "Inspection record and delivery gate for vehicle safety: what rigs and the plant's MES may ask.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["inspections.api.schema.complete_document"],
}

# --- Log: one line an event on standard error, for whatever collects it -----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "axes": {"level": "WARNING"},
        "celery": {"level": env.text("CELERY_LOG_LEVEL", "INFO").upper()},
    },
}
