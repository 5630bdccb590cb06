"""Where a running sandbox keeps its state: one folder, by default ``.sandbox/`` in the checkout."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Every path of one sandbox."""

    root: Path
    """The sandbox's own folder, absolute."""

    def folder(self, *parts: str) -> Path:
        """The folder ``root/parts``, made if need be, for its owner's eyes only."""
        path = self.root.joinpath(*parts)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def log(self, service: str) -> Path:
        """Where a service's output goes."""
        return self.folder("logs") / f"{service}.log"
