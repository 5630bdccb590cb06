"""The picture as one HTML file: no script, nothing fetched, light or dark as the reader's system is, good on a phone.

Everything that comes from ledgers, clusters or people is escaped here, in `_text`, and nowhere else.
"""

import html
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from model.ledger import Entry, instant
from model.status import Journey, StageView, Status, Step, Waiting, age

SHORT = 10
"""Characters of a commit."""
LONGEST = 110
"""Characters that a step of a release's way tells."""


def page(status: Status) -> str:
    """The whole file."""
    stages = '<span class="way" aria-hidden="true"></span>'.join(_stage(one, status.at) for one in status.stages)
    sections = (
        f'<section class="stages">{stages}</section>',
        _section("Ways of releases", "".join(_journey(one, status.at) for one in status.journeys), "No release yet."),
        _links(status),
        _section("Newest entries", _events(status.events, status.at), "No entry yet."),
        _unknown(status.unknown),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>What runs where</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>What runs where</h1><p>as of {_moment(status.at)}</p></header>\n{''.join(sections)}</main>\n"
        "</body>\n</html>\n"
    )


def _stage(stage: StageView, now: datetime) -> str:
    since = f" for {_text(age(stage.since, now))}, since {_moment(stage.since)}" if stage.since else ""
    rows = [f'<p class="release">{_text(stage.release or "nothing")}</p>', f"<p>{_text(stage.word)}{since}</p>"]
    if stage.cluster.text:
        rows.append(f'<p class="{stage.cluster.state} fact">cluster: {_text(stage.cluster.text)}</p>')
    if stage.emergency:
        rows.append(f'<p class="bad fact"><b>{_text(stage.emergency)}</b></p>')
    if stage.frozen:
        rows.append(f'<p class="waiting fact">{_text(stage.frozen)}</p>')
    if stage.waiting:
        rows.append(_waiting(stage.waiting))
    if stage.addresses:
        rows.append(f'<ul class="addresses">{"".join(map(_address, sorted(stage.addresses.items())))}</ul>')
    return f'<article class="stage {stage.state}"><h2>{_text(stage.name)}</h2>{"".join(rows)}</article>'


def _waiting(waiting: Waiting) -> str:
    verb = "is waiting" if waiting.proposed else "could come next"
    reasons = "".join(f"<li>{_text(reason)}</li>" for reason in waiting.reasons)
    why = f"<ul>{reasons}</ul>" if reasons else "<p>nothing stands against it</p>"
    steps = "".join(f"<p>next: <code>{_text(step)}</code></p>" for step in waiting.next_steps)
    return f'<div class="next"><p><b>{_text(waiting.release)}</b> {verb}</p>{why}{steps}</div>'


def _address(item: tuple[str, str]) -> str:
    name, at = item
    return f"<li><span>{_text(name)}</span> {_link(at, at)}</li>"


def _journey(journey: Journey, now: datetime) -> str:
    sources = ", ".join(f"{name}@{commit[:SHORT]}" for name, commit in journey.sources.items())
    commit = f'<p class="sources">{_text(sources)}</p>' if sources else ""
    steps = "".join(_step(one, now) for one in journey.steps)
    return f'<article class="journey"><h3>{_text(journey.release)}</h3>{commit}<ol>{steps}</ol></article>'


def _step(step: Step, now: datetime) -> str:
    said = f'<span class="said" title="{_text(step.text)}">{_text(_cut(step.text))}</span>' if step.text else ""
    when = f'<time title="{_moment(step.at)}">{_text(age(step.at, now))} ago</time>' if step.at else ""
    return f'<li class="{step.state}"><b>{_text(step.title)}</b>{said}{when}</li>'


def _cut(text: str) -> str:
    """What fits into a step; the newest entries tell it whole."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _links(status: Status) -> str:
    items = "".join(f"<li>{_link(url, title)}</li>" for title, url in status.links.items())
    return _section("At GitHub", f"<ul>{items}</ul>") if items else ""


def _events(events: Iterable[Entry], now: datetime) -> str:
    rows = "".join(_event(one, now) for one in events)
    return f'<ol class="events">{rows}</ol>' if rows else ""


def _event(entry: Entry, now: datetime) -> str:
    reasons = f'<span class="said">{_text("; ".join(entry.reasons))}</span>' if entry.reasons else ""
    about = f" {_text(entry.release)}" if entry.release else ""
    return (
        f'<li><time title="{_moment(entry.at)}">{_text(age(entry.at, now))} ago</time> <b>{_text(entry.stage)}</b> '
        f"{_text(entry.kind.value)}{about} <i>{_text(entry.actor.login)}</i>{reasons}</li>"
    )


def _unknown(reasons: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(one)}</li>" for one in reasons)
    return _section("What could not be asked", f"<ul>{items}</ul>") if items else ""


def _section(title: str, content: str, instead: str = "") -> str:
    return f"<section><h2>{title}</h2>{content or f'<p>{instead}</p>'}</section>\n"


def _link(url: str, title: str) -> str:
    """A link only where the address is one of the web: it may come from a cluster."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return _text(title)
    return f'<a href="{_text(url)}" rel="noreferrer">{_text(title)}</a>'


def _moment(at: datetime | None) -> str:
    return _text(instant(at).replace("T", " ").replace("Z", " UTC")) if at else ""


def _text(value: object) -> str:
    return html.escape(str(value))


_STYLE = """
:root{--paper:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5b6675;--line:#dde2e9;--link:#0b5cad;
--good:#1a7f4b;--busy:#0b6bcb;--waiting:#9a6700;--bad:#c0362c;--unknown:#6b5bb5;--none:#8b95a3}
@media (prefers-color-scheme:dark){:root{--paper:#10151b;--card:#19212a;--ink:#e7ecf2;--soft:#9aa7b6;--line:#2c3743;
--link:#7ab8ff;--good:#4cc38a;--busy:#66aaff;--waiting:#e0b341;--bad:#ff7b72;--unknown:#b3a5f5;--none:#6d7987}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.25rem 1rem 3rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;justify-content:space-between}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .6rem}h3{font-size:1rem;margin:0}
p{margin:.3rem 0}header p,.sources,time,.events i,.said{color:var(--soft);font-size:.875rem}
a{color:var(--link);overflow-wrap:anywhere}
code,.release,h3,.sources,.addresses a{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace}
code{font-size:.875rem;overflow-wrap:anywhere}
li,p,h3{overflow-wrap:anywhere}
.good{--tone:var(--good)}.busy{--tone:var(--busy)}.waiting{--tone:var(--waiting)}.bad{--tone:var(--bad)}
.unknown{--tone:var(--unknown)}.none{--tone:var(--none)}
.stages{display:flex;gap:.5rem;align-items:stretch;margin-top:1.25rem}
.stage,.journey{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1rem;min-width:0}
.stage{flex:1;border-top:.3rem solid var(--tone)}
.stage h2{margin:0;display:flex;gap:.5rem;align-items:center}
.stage h2::before{content:"";width:.7rem;height:.7rem;border-radius:50%;background:var(--tone)}
.release{font-size:1.05rem;font-weight:600}
.fact{color:var(--tone)}
.way{flex:none;align-self:center;color:var(--soft)}.way::before{content:"\\2192"}
.next{border-left:.25rem solid var(--waiting);padding:.1rem 0 .1rem .8rem;margin:.8rem 0}
ul{padding-left:1.2rem;margin:.3rem 0}
.addresses,.events,.journey ol{list-style:none;padding:0}
.addresses{margin-top:.8rem;font-size:.875rem}
.addresses li{display:flex;flex-wrap:wrap;gap:0 .6rem;justify-content:space-between}
.journey{margin-bottom:.6rem}
.journey ol{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.5rem;margin:.6rem 0 0}
.journey li{border-top:.2rem solid var(--tone);padding-top:.3rem;display:flex;flex-direction:column}
.journey li.none{opacity:.6}
.journey li b{color:var(--tone)}
.events{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:0}
.events li{padding:.5rem 1rem;border-bottom:1px solid var(--line)}.events li:last-child{border:0}
.events time{display:inline-block;min-width:6rem}.events .said{display:block}
@media (max-width:44rem){.stages{flex-direction:column}.way{transform:rotate(90deg)}
.journey ol{display:block}.journey li{border-top:0;border-left:.2rem solid var(--tone);padding:.1rem 0 .1rem .7rem;
margin:.35rem 0;flex-flow:row wrap;gap:0 .6rem;align-items:baseline}.events time{min-width:0;margin-right:.4rem}}
@media print{body{background:#fff}}
"""
