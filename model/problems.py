"""How refused input is reported: every offender at once, each with file, key, value and remedy."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One offender."""

    file: str
    """The file as the user names it, e.g. ``estate/repositories.yaml``."""
    key: str
    """Dotted path inside the file, e.g. ``repositories[3].name``; empty for the whole file."""
    value: str
    """The offending value as written, shortened; empty where there is none or it may be secret."""
    remedy: str
    """What would be right."""

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where} = {self.value}: {self.remedy}" if self.value else f"{where}: {self.remedy}"


class SettingsError(Exception):
    """Input was refused; nothing has been done. Carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the settings; nothing was changed:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class AbsentError(SettingsError):
    """A file is not there."""
