"""Interlock's settings with the middleware of a new Django project, and the baseline's own table and view."""

from qa.settings import *  # noqa: F403
from qa.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "rest_framework.authtoken", "tests.bench.naive"]
ROOT_URLCONF = "tests.bench.naive.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # the installed application insists on it
]
