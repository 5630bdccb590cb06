"""A push runs the repository's own workflows, for real."""

from tests.sandbox.runner.conftest import Organisation

WORKFLOW = ".github/workflows/ci.yml"
TWO_JOBS = """
name: CI
on: push
permissions: {contents: read}
jobs:
  one:
    name: First
    runs-on: ubuntu-24.04
    outputs: {word: "${{ steps.say.outputs.word }}", commit: "${{ steps.out.outputs.commit }}"}
    steps:
      - {id: out, uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd, with: {persist-credentials: false}}
      - id: say
        run: |
          cat hello.txt
          echo "word=$(cat hello.txt)" >> "$GITHUB_OUTPUT"
      - {name: No token stays, run: "! git config --get-regexp extraheader && ! env | grep -q ghs_"}
  two:
    name: Second ${{ matrix.number }}
    needs: one
    strategy: {matrix: {number: [1, 2]}}
    runs-on: ubuntu-24.04
    steps:
      - run: test "${{ needs.one.outputs.word }}" = "hello" && test "$SHA" = "$WANTED"
        env: {SHA: "${{ needs.one.outputs.commit }}", WANTED: "${{ github.sha }}"}
  never:
    needs: two
    if: failure()
    runs-on: ubuntu-24.04
    steps: [{run: exit 1}]
"""


def test_a_push_runs_a_workflow_with_its_jobs_in_order(organisation: Organisation) -> None:
    """Checkout, outputs, needs, a matrix and a job that is not needed."""
    organisation.create("two-jobs")
    sha = organisation.push("two-jobs", {WORKFLOW: TWO_JOBS, "hello.txt": "hello\n"}, message="Say hello")
    run = organisation.run("two-jobs")
    assert (run["conclusion"], run["head_sha"], run["event"], run["name"]) == ("success", sha, "push", "CI")
    assert (run["display_title"], run["actor"]["login"]) == ("Say hello", "mei-admin")
    jobs = organisation.jobs("two-jobs", run)
    ends = {name: job["conclusion"] for name, job in jobs.items()}
    assert ends == {"First": "success", "Second 1": "success", "Second 2": "success", "never": "skipped"}
    assert [step["conclusion"] for step in jobs["First"]["steps"]] == ["success"] * 5
    assert "hello" in organisation.log("two-jobs", jobs["First"])


RED = """
name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps: [{run: echo broken; exit 3}, {run: echo not here}]
  image:
    needs: test
    runs-on: ubuntu-24.04
    steps: [{run: echo pushed}]
  clean:
    needs: [test, image]
    if: always() && contains(needs.*.result, 'failure')
    runs-on: ubuntu-24.04
    steps: [{run: echo cleaned}]
"""


def test_a_red_test_stops_what_needs_it(organisation: Organisation) -> None:
    """And only that: a job that asks for any end runs."""
    organisation.create("red")
    organisation.push("red", {WORKFLOW: RED})
    run = organisation.run("red")
    jobs = organisation.jobs("red", run)
    assert run["conclusion"] == "failure"
    assert {name: job["conclusion"] for name, job in jobs.items()} == {
        "test": "failure",
        "image": "skipped",
        "clean": "success",
    }
    assert [step["conclusion"] for step in jobs["test"]["steps"]][1:3] == ["failure", "skipped"]


def test_a_file_that_is_no_workflow_is_a_failed_run(organisation: Organisation) -> None:
    """Nobody waits for checks that never come."""
    organisation.create("broken")
    organisation.push("broken", {WORKFLOW: "on: push\njobs: {a: {steps: [{run: x}]}}\n"})
    run = organisation.run("broken")
    assert (run["conclusion"], run["name"]) == ("failure", WORKFLOW)
    assert not organisation.jobs("broken", run)


UNKNOWN = "on: push\njobs: {a: {runs-on: x, steps: [{uses: somebody/something@v1}]}}\n"


def test_an_action_without_a_stand_in_fails_its_job_with_the_reason(organisation: Organisation) -> None:
    """Nothing is fetched from elsewhere, nothing passed over."""
    organisation.create("unknown-action")
    organisation.push("unknown-action", {WORKFLOW: UNKNOWN})
    run = organisation.run("unknown-action")
    assert run["conclusion"] == "failure"
    assert "no stand-in for somebody/something in sandbox/actions" in organisation.log(
        "unknown-action", organisation.jobs("unknown-action", run)["a"]
    )
