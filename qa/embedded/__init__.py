"""A private PostgreSQL and Redis for the demo and the tests, for machines where nobody has set up any.

A plant names its own servers in DATABASE_URL and REDIS_URL, and nothing here is used. Nothing in this package imports
Django: it runs before the settings are read.
"""
