"""Accounts: whose a token is, and anybody's public profile."""

from sandbox.github import find, views
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.errors import RefusalError, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row

routes = Routes()


@routes.add("GET", "/user")
def get_authenticated_user(call: Call) -> Answer:
    """Who the token belongs to; an App has no user."""
    if call.actor.anonymous:
        raise RefusalError(401, "Requires authentication")
    if call.actor.app_id is not None:
        raise call.actor.refusal
    return Answer(_profile(call, find.account(call.db, call.actor.login)))


@routes.add("GET", "/users/{username}")
def get_user(call: Call) -> Answer:
    """Anybody's public profile."""
    return Answer(_profile(call, find.account(call.db, call.parameters["username"])))


@routes.add("GET", "/user/{account_id:int}")
def get_user_by_id(call: Call) -> Answer:
    """The same by number."""
    row = call.db.one("SELECT * FROM accounts WHERE id = ?", call.parameters["account_id"])
    if row is None:
        raise not_found()
    return Answer(_profile(call, row))


def _profile(call: Call, account: Row) -> views.Json:
    empty = dict.fromkeys(("company", "location", "hireable", "bio", "twitter_username"))
    numbers = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    return (
        views.user(call.world, account)
        | empty
        | numbers
        | {"name": account["name"], "email": account["email"], "blog": ""}
        | {"created_at": account["created_at"], "updated_at": account["created_at"]}
        | (_private() if account["id"] == call.actor.id else {})
    )


def _private() -> views.Json:
    """What one sees of oneself alone: nothing of it is counted here."""
    numbers = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
    plan = {"name": "free", "space": 0, "private_repos": 0, "collaborators": 0}
    return dict.fromkeys(numbers, 0) | {"two_factor_authentication": True, "plan": plan}


@routes.add("GET", "/users/{username}/keys")
@routes.add("GET", "/users/{username}/gpg_keys")
def list_keys(call: Call) -> Answer:
    """Nobody has keys here: git is served over HTTP only, and signatures are not verified."""
    find.account(call.db, call.parameters["username"])
    return page(call, [])
