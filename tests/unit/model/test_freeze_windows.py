"""Freeze windows: on the clocks of their zone, in real time, and never without end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from model.approval import Approval, FreezeWindow, frozen_until


def window(cron: str, hours: float, zone: str = "UTC") -> FreezeWindow:
    return FreezeWindow(cron=cron, duration=timedelta(hours=hours), timezone=zone)


def until(one: FreezeWindow, now: datetime) -> datetime | None:
    return frozen_until([one], now)


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[misc,arg-type]


def test_the_weekend_of_shanghai() -> None:
    """Friday 18:00 to Monday 06:00, as production has it."""
    weekend = window("0 18 * * FRI", 60, "Asia/Shanghai")
    end = local("Asia/Shanghai", 2026, 7, 27, 6)
    for day, hour, frozen in ((24, 17, False), (24, 18, True), (26, 12, True), (27, 5, True), (27, 6, False)):
        assert (until(weekend, local("Asia/Shanghai", 2026, 7, day, hour)) == end) is frozen


@pytest.mark.parametrize(
    ("zone", "day", "offset_before", "offset_after"),
    [("Europe/Berlin", (2026, 3, 29), 1, 2), ("America/New_York", (2026, 3, 8), -5, -4)],
)
def test_clocks_that_jump_forward_do_not_shorten_it(
    zone: str, day: tuple[int, int, int], offset_before: int, offset_after: int
) -> None:
    """It begins at midnight of the old time and lasts six real hours: until 07:00 of the new."""
    night = window("0 0 * * *", 6, zone)
    begin = datetime(*day, tzinfo=UTC) - timedelta(hours=offset_before)
    assert until(night, begin) == begin + timedelta(hours=6) == local(zone, *day, 7)
    assert until(night, begin - timedelta(minutes=1)) is None
    assert until(night, local(zone, *day, 6, 59)) is not None
    assert until(night, local(zone, *day, 7)) is None
    assert offset_after - offset_before == 1


def test_clocks_that_fall_back_do_not_lengthen_it() -> None:
    """Six real hours from midnight end at 05:00, and the hour that comes twice is frozen both times."""
    night = window("0 0 * * *", 6, "Europe/Berlin")
    day = (2026, 10, 25)
    for fold in (0, 1):
        assert until(night, local("Europe/Berlin", *day, 2, 30, fold=fold)) == local("Europe/Berlin", *day, 5)
    assert until(night, local("Europe/Berlin", *day, 5)) is None


def test_a_start_that_is_skipped_happens_right_after() -> None:
    """02:30 does not exist in Berlin that night; the window opens at 03:00."""
    early = window("30 2 * * *", 1, "Europe/Berlin")
    assert until(early, local("Europe/Berlin", 2026, 3, 29, 1, 59)) is None
    assert until(early, local("Europe/Berlin", 2026, 3, 29, 3, 0)) == local("Europe/Berlin", 2026, 3, 29, 4, 0)


def test_a_start_that_comes_twice_happens_once() -> None:
    """02:30 exists twice; the window opens the first time and has ended before the second one ends."""
    early = window("30 2 * * *", 1, "Europe/Berlin")
    assert until(early, local("Europe/Berlin", 2026, 10, 25, 2, 45, fold=0)) is not None
    assert until(early, local("Europe/Berlin", 2026, 10, 25, 2, 45, fold=1)) is None


def test_windows_that_touch_are_one() -> None:
    """Nobody is told to wait until the next one begins."""
    windows = [window("0 8 * * *", 2), window("0 9 * * *", 2)]
    assert frozen_until(windows, datetime(2026, 7, 22, 8, 30, tzinfo=UTC)) == datetime(2026, 7, 22, 11, tzinfo=UTC)


@pytest.mark.parametrize(("cron", "hours"), [("0 0 * * *", 24), ("* * * * *", 0.1), ("0 */2 * * *", 3)])
def test_a_freeze_that_never_ends_is_refused(cron: str, hours: float) -> None:
    """Settings that leave no time to deploy are wrong, not strict."""
    with pytest.raises(ValidationError, match="leaves no time to deploy"):
        window(cron, hours)


def test_freezes_that_together_never_end_are_refused() -> None:
    """Each may end; both must leave a gap."""
    with pytest.raises(ValidationError, match="together leave no time"):
        Approval(freeze_windows=(window("0 0 * * *", 13), window("0 12 * * *", 13)))


@pytest.mark.parametrize("cron", ["0 18 * *", "0 25 * * *", "0 0 18 * * FRI", "@daily", "0 18 * * FRIDAY"])
def test_what_is_no_cron_expression_is_refused(cron: str) -> None:
    """Five fields."""
    with pytest.raises(ValidationError, match="five fields"):
        window(cron, 1)
