"""Events: kept in order for whoever starts workflows, told to the hooks that asked for them."""

import json
import sqlite3


def events(github, repository_id):
    """What is kept, oldest first."""
    with sqlite3.connect(github.root / "github.sqlite") as db:
        rows = db.execute(
            "SELECT event, action, payload, taken_at FROM events WHERE repository_id = ?", [repository_id]
        )
        return [(event, action, json.loads(payload), taken) for event, action, payload, taken in rows]


def test_branches_and_tags_come_and_go(github, deployer, repository):
    """Beside the push of a new or a deleted ref there is an event of its own."""
    path = f"/repos/openimsdk/{repository}"
    sha = deployer.get(f"{path}/git/ref/heads/main").json()["object"]["sha"]
    for ref in ("refs/heads/side", "refs/tags/v1"):
        deployer.post(f"{path}/git/refs", json={"ref": ref, "sha": sha}).raise_for_status()
    deployer.delete(f"{path}/git/refs/heads/side").raise_for_status()
    kept = [one for one in events(github, deployer.get(path).json()["id"]) if one[0] != "push"]
    told = [(event, payload["ref_type"], payload["ref"]) for event, _, payload, _ in kept]
    assert told == [("create", "branch", "side"), ("create", "tag", "v1"), ("delete", "branch", "side")]


def test_a_push_is_kept(github, deployer, repository):
    """Hooks or none, a push is kept with all that a workflow is told, not taken yet."""
    path = f"/repos/openimsdk/{repository}"
    deployer.put(f"{path}/contents/a", json={"message": "Add a", "content": ""}).raise_for_status()
    number = deployer.get(path).json()["id"]
    [(event, action, payload, taken)] = events(github, number)
    assert (event, action, taken) == ("push", None, None)
    assert payload["ref"] == "refs/heads/main"
    assert payload["repository"]["full_name"] == f"openimsdk/{repository}"
    assert (payload["sender"]["login"], payload["organization"]["login"]) == ("openim-cicd[bot]", "openimsdk")
    assert "action" not in payload
