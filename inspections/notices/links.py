"""Addresses in mails: the page's path behind the address that the settings name, or nothing at all."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse


def path_of(page: str, *arguments: object) -> str:
    """The path of a page, or "" where there is none of this name."""
    try:
        return reverse(f"web:{page}", args=arguments)
    except NoReverseMatch:
        return ""


def absolute(path: str) -> str:
    """Where the page is reached from a mail; "" where no address of the site is set: none is ever invented."""
    return f"{settings.SITE_ADDRESS}{path}" if settings.SITE_ADDRESS and path else ""
