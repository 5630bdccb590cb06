"""Every node of a tree."""

from collections.abc import Iterator

from sandbox.github.expressions.syntax import Binary, Call, Each, Index, Node, Not


def within(node: Node) -> Iterator[Node]:
    """``node`` and all below it."""
    yield node
    for child in _children(node):
        yield from within(child)


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Index):
        return node.of, node.key
    if isinstance(node, Each | Not):
        return (node.of,)
    if isinstance(node, Binary):
        return node.left, node.right
    return node.arguments if isinstance(node, Call) else ()
