"""What an update would do, for people: from the engine's JSON to counts, risk, images and a diff, as Markdown or text.

Not in it: running the engine and posting comments.
"""

from model.preview.engine import Preview, Step, read, reduced
from model.preview.images import ImageChange
from model.preview.markdown import LIMIT, comment, marker
from model.preview.masking import Mask
from model.preview.risk import Grade, Risk
from model.preview.summary import Summary, summarize
from model.preview.text import plain

__all__ = [
    "LIMIT",
    "Grade",
    "ImageChange",
    "Mask",
    "Preview",
    "Risk",
    "Step",
    "Summary",
    "comment",
    "marker",
    "plain",
    "read",
    "reduced",
    "summarize",
]
