"""Why the private engines do not start, said to a person."""


class CannotStart(Exception):
    """The message says what was found, what was expected and what to do; it is printed without a traceback."""
