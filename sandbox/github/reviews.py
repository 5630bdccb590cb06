"""Reviews of pull requests: begun, submitted, changed, dismissed. ``approvals`` says which of them count."""

from typing import Literal

from pydantic import Field

from sandbox.github import pull_rows, review_comments, review_views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, forbidden, not_found
from sandbox.github.pagination import page
from sandbox.github.pull_events import tell_about
from sandbox.github.pulls import LONGEST, PULL
from sandbox.github.review_comments import NewComment
from sandbox.github.review_requests import answered
from sandbox.github.rules import HEADS, protection_of
from sandbox.github.store import Row, now

routes = Routes()

REVIEWS = f"{PULL}/reviews"
REVIEW = f"{REVIEWS}/{{review_id:int}}"

Event = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


class NewReview(Body):
    """POST a review; without ``event`` it is begun and not submitted."""

    commit_id: str | None = None
    body: str = Field(default="", max_length=LONGEST)
    event: Event | None = None
    comments: list[NewComment] = Field(default_factory=list)


class Submission(Body):
    """POST a pending review's verdict."""

    body: str | None = Field(default=None, max_length=LONGEST)
    event: Event


class ReviewText(Body):
    """PUT a review's text."""

    body: str = Field(max_length=LONGEST)


class Dismissal(Body):
    """PUT a review's end."""

    message: str = Field(min_length=1)
    event: Literal["DISMISS"] = "DISMISS"


@routes.add("GET", REVIEWS)
def list_reviews(call: Call) -> Answer:
    """Oldest first; a pending one is for its author's eyes."""
    _, pull = pull_rows.of(call)
    rows = call.db.all(
        "SELECT * FROM reviews WHERE thread_id = ? AND (state <> 'PENDING' OR account_id = ?) ORDER BY id",
        pull["id"],
        call.actor.id,
    )
    return page(call, [review_views.review(call.world, call.db, pull, row) for row in rows])


@routes.add("POST", REVIEWS)
def create_review(call: Call) -> Answer:
    """Begin a review, or say it all at once."""
    _, pull = pull_rows.of(call)
    body = call.body(NewReview, "PullRequestReview")
    commit = _commit(call, pull, body.commit_id)
    pending = "SELECT 1 AS yes FROM reviews WHERE thread_id = ? AND account_id = ? AND state = 'PENDING'"
    if call.db.one(pending, pull["id"], call.actor.id):
        raise _unprocessable("User can only have one pending review per pull request")
    review_id = call.db.insert(
        "reviews", thread_id=pull["id"], account_id=call.actor.id, state="PENDING", body=body.body, commit_id=commit
    )
    review = _by_id(call, pull, review_id)
    for comment in body.comments:
        review_comments.add(call, pull, review, comment)
    if body.event:
        review = submit(call, pull, review, body.event)
    return Answer(review_views.review(call.world, call.db, pull, review))


def _commit(call: Call, pull: Row, wanted: str | None) -> str:
    """The commit that was looked at: one of the pull request's own."""
    repository = pull_rows.base_repository(call.db, pull)
    sha = str(wanted or pull["head_sha"])
    git, name = call.world.repositories, repository["git_name"]
    if not git.is_ancestor(name, sha, pull["head_sha"]) or git.is_ancestor(name, sha, pull["base_sha"]):
        raise _unprocessable("commit_id is not part of the pull request")
    return sha


def _unprocessable(message: str) -> RefusalError:
    return RefusalError(422, "Unprocessable Entity", [message])


def submit(call: Call, pull: Row, review: Row, event: str) -> Row:
    """Give the verdict; nobody approves what is his own."""
    own = pull["author_id"] == call.actor.id
    if own and event != "COMMENT":
        wanted = "approve" if event == "APPROVE" else "request changes on"
        raise _unprocessable(f"Can not {wanted} your own pull request")
    said = review["body"].strip() or (event == "COMMENT" and review_comments.of_review(call.db, review))
    if event != "APPROVE" and not said:
        raise _unprocessable("Review body can not be blank")
    call.db.update("reviews", review["id"], state=STATES[event], submitted_at=now())
    answered(call.db, pull, call.actor.id)
    submitted = _by_id(call, pull, review["id"])
    pull_rows.touched(call.db, pull)
    _tell(call, pull, submitted, "submitted")
    for comment in review_comments.of_review(call.db, review):
        review_comments.tell(call, pull, comment, "created")
    return submitted


def _tell(call: Call, pull: Row, review: Row, action: str, **more: object) -> None:
    shown = review_views.in_event(review_views.review(call.world, call.db, pull, review))
    now_ = pull_rows.by_id(call.db, pull["id"])
    tell_about(call.world, call.db, now_, call.actor, event="pull_request_review", action=action, review=shown, **more)


@routes.add("GET", REVIEW)
def get_review(call: Call) -> Answer:
    """One review."""
    _, pull = pull_rows.of(call)
    return Answer(review_views.review(call.world, call.db, pull, _review(call, pull)))


@routes.add("PUT", REVIEW)
def update_review(call: Call) -> Answer:
    """Its author changes its text."""
    _, pull = pull_rows.of(call)
    review = _own(call, pull)
    call.db.update("reviews", review["id"], body=call.body(ReviewText, "PullRequestReview").body)
    changed = _by_id(call, pull, review["id"])
    if review["state"] != "PENDING":
        _tell(call, pull, changed, "edited", changes={"body": {"from": review["body"]}})
    return Answer(review_views.review(call.world, call.db, pull, changed))


@routes.add("DELETE", REVIEW)
def delete_review(call: Call) -> Answer:
    """Only what was not submitted."""
    _, pull = pull_rows.of(call)
    review = _own(call, pull)
    if review["state"] != "PENDING":
        raise _unprocessable("Can not delete a non-pending pull request review")
    shown = review_views.review(call.world, call.db, pull, review)
    call.db.run("DELETE FROM reviews WHERE id = ?", review["id"])
    return Answer(shown)


@routes.add("POST", f"{REVIEW}/events")
def submit_review(call: Call) -> Answer:
    """Submit what was begun."""
    _, pull = pull_rows.of(call)
    review, body = _own(call, pull), call.body(Submission, "PullRequestReview")
    if review["state"] != "PENDING":
        raise _unprocessable("Can not submit a review that was submitted")
    if body.body is not None:
        call.db.update("reviews", review["id"], body=body.body)
    submitted = submit(call, pull, _by_id(call, pull, review["id"]), body.event)
    return Answer(review_views.review(call.world, call.db, pull, submitted))


@routes.add("PUT", f"{REVIEW}/dismissals")
def dismiss_review(call: Call) -> Answer:
    """Take a verdict back, for those who may."""
    repository, pull = pull_rows.of(call, Role.WRITE)
    review, body = _review(call, pull), call.body(Dismissal, "PullRequestReview")
    _check_dismissal(call, repository, pull)
    if review["state"] not in {"APPROVED", "CHANGES_REQUESTED"}:
        raise _unprocessable("Can not dismiss a review that neither approves nor requests changes")
    call.db.update("reviews", review["id"], state="DISMISSED")
    dismissed = _by_id(call, pull, review["id"])
    _tell(call, pull, dismissed, "dismissed", message=body.message)
    return Answer(review_views.review(call.world, call.db, pull, dismissed))


def _check_dismissal(call: Call, repository: Row, pull: Row) -> None:
    """A protected branch may say who dismisses; administrators always do."""
    protection = protection_of(call.db, repository, HEADS + pull["base_ref"]) or {}
    lists = (protection.get("required_pull_request_reviews") or {}).get("dismissal_restrictions")
    if not lists or role_of(call.db, call.actor, repository) >= Role.ADMIN:
        return
    mine = call.db.all(
        "SELECT slug FROM team_members JOIN teams ON teams.id = team_id WHERE account_id = ?", call.actor.id
    )
    if call.actor.login not in lists["users"] and not {row["slug"] for row in mine} & set(lists["teams"]):
        raise forbidden("You're not authorized to dismiss reviews on this pull request.")


def _review(call: Call, pull: Row) -> Row:
    review = _by_id(call, pull, int(call.parameters["review_id"]))
    if review["state"] == "PENDING" and review["account_id"] != call.actor.id:
        raise not_found()
    return review


def _own(call: Call, pull: Row) -> Row:
    review = _review(call, pull)
    if review["account_id"] != call.actor.id:
        raise forbidden("Only the author of a review may change it.")
    return review


def _by_id(call: Call, pull: Row, review_id: int) -> Row:
    row = call.db.one("SELECT * FROM reviews WHERE id = ? AND thread_id = ?", review_id, pull["id"])
    if row is None:
        raise not_found()
    return row
