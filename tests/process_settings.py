"""The settings of the processes that tests start: the site's own, but a password costs nothing to try."""

from qa.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
