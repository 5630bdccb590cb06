"""What people read on GitHub says where, what and what to do next."""

from model.evidence import Evidence, Part, Verdict
from model.notices import Failure, failure_text, invitation_text
from model.release import Release, Source

RELEASE = Release(
    id="v3.8.4+a1b2c3d",
    images={"openim-api": f"sha256:{'a' * 64}"},
    sources={"open-im-server": Source(branch="main", commit="4f1c" * 10)},
)


def test_testers_are_told_where_and_how():
    text = invitation_text("staging", RELEASE, {"openim-api": "http://127.0.0.1:1"}, ["team/qa"])
    for part in ("| openim-api | http://127.0.0.1:1 |", "| open-im-server | main | 4f1c4f1c4f1c |", "`team/qa`"):
        assert part in text
    assert "/test pass" in text
    assert "/test fail" in text


def test_a_stage_without_addresses_says_how_to_get_one():
    assert "give one a `host`" in invitation_text("staging", RELEASE, {}, [])


def test_a_failure_shows_its_evidence_and_where_the_stage_stands():
    evidence = Evidence({}, [Part("pods", Verdict.FAILED, 12.34, ("crash",))])
    text = failure_text(Failure("prod", "v2+b", "v1+a", ("pod x: crash",), evidence))
    assert "prod is back on `v1+a`, verified." in text
    assert "| `pods` | failed | 12.3 s |" in text
    assert "still runs it" in failure_text(Failure("prod", "v2+b", "", ("x",), None))


def test_what_a_program_said_stays_one_line_of_text():
    text = failure_text(Failure("prod", "v2+b", "", ("a\n# big ```x``` @everybody | b",), None))
    assert "- `a # big '''x''' @everybody / b`" in text
