"""Names into Markdown so that they stay names: no markup, no mention, no link, whatever they are."""

NAME = 160
"""Characters of a name that are shown."""
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;/-()")


def code(text: str) -> str:
    """``text`` as code: GitHub makes no mention and no reference of what stands in it."""
    return f"<code>{escaped(text)}</code>"


def escaped(text: str) -> str:
    """``text`` with every character that Markdown, HTML or a table could take for its own as an entity."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    cut = clean if len(clean) <= NAME else f"{clean[:NAME]}..."
    return "".join(char if char in PLAIN else f"&#{ord(char)};" for char in cut)


def fence(text: str) -> str:
    """A fence that nothing in ``text`` can close."""
    longest = current = 0
    for char in text:
        current = current + 1 if char == "`" else 0
        longest = max(longest, current)
    return "`" * max(3, longest + 1)


def size(text: str) -> int:
    """Characters as GitHub counts them where it counts most: a character outside the basic plane is two."""
    return len(text) + sum(char > "\uffff" for char in text)
