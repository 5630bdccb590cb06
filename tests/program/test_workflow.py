"""What ``Workflow`` registers."""

from components.workflow import Workflow

ARGS = {
    "repository": "chat",
    "branch": "main",
    "path": ".github/workflows/ci.yml",
    "content": "name: CI\n",
    "author": {"name": "OpenIM-Robot", "email": "robot@example.org"},
}


def test_the_file_is_committed_by_the_robot(record):
    """The text lands on the default branch, over whatever stood there, under the robot's name."""
    component, file = record(lambda: Workflow("chat", ARGS))
    assert file.type == "github:index/repositoryFile:RepositoryFile"
    assert file.parent == component.urn
    assert file.inputs == {
        "repository": "chat",
        "branch": "main",
        "file": ".github/workflows/ci.yml",
        "content": "name: CI\n",
        "commitMessage": "Declare .github/workflows/ci.yml",
        "commitAuthor": "OpenIM-Robot",
        "commitEmail": "robot@example.org",
        "overwriteOnCreate": True,
    }


def test_an_app_may_sign_its_own_commits(record):
    """Without an author GitHub attributes and verifies the commit itself."""
    args = {key: value for key, value in ARGS.items() if key != "author"}
    assert "commitAuthor" not in record(lambda: Workflow("chat", args))[-1].inputs
