"""Events are delivered to somebody who acts upon them, and whoever waits for one gets it."""

from collections.abc import Iterator, Mapping

from policies.estate.whole import Estate, EstateRule, Stack
from policies.webhook_secured import TYPES


def check(estate: Estate) -> Iterator[str]:
    """What each stack's webhooks deliver against what it puts out as handled."""
    for name, stack in estate.items():
        delivered = dict(_delivered(stack))
        handled = stack.outputs.get("handledEvents")
        if delivered and handled is None:
            yield f"{name} delivers events and does not say who handles them: bring it up"
        elif delivered:
            yield from (f"{name}: {text}" for text in _unequal(delivered, set(handled or ())))


def _unequal(delivered: Mapping[str, set[str]], handled: set[str]) -> Iterator[str]:
    for webhook, events in delivered.items():
        for event in sorted(events - handled):
            yield f"{webhook} is delivered {event}, which nobody handles: drop it, or add it to webhook.handles"
    for event in sorted(handled.difference(*delivered.values())):
        yield f"{event} is handled and no webhook delivers it: add it to webhooks, or drop it from webhook.handles"


def _delivered(stack: Stack) -> Iterator[tuple[str, set[str]]]:
    """Each active webhook's events, by its name."""
    for one in stack.resources:
        if one.type in TYPES and one.properties.get("active", True):
            yield one.name, {str(event) for event in one.properties.get("events") or ()}


RULE = EstateRule(
    "events-handled", "An event that nobody handles is lost; one that is never delivered starts nothing.", check
)
