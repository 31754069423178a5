"""Accounts are given by whoever manages people, never taken."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: a role and a personnel number come from a person, not from a form on the way in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
