"""How an operation says no."""


class Refused(Exception):  # noqa: N818 - it reads better where it is raised
    """The operation cannot do what was asked. The text says why and what to do; exit code 1."""


class Unanswered(Exception):  # noqa: N818 - it reads better where it is raised
    """A stack's outputs cannot be read; the text says why."""
