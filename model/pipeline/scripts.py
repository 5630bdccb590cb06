"""The scripts that jobs around images run. Each takes everything from its environment."""

DEFINE = """\
python3 - > "$RUNNER_TEMP/bake.json" <<'PYTHON'
import json, os

build = json.loads(os.environ["IMAGES"])
labels = {"source": os.environ["SOURCE"], "revision": os.environ["REVISION"]}


def target(name, arguments):
    image = f"{os.environ['REGISTRY']}/{build['path']}/{name}"
    return {
        "context": ".",
        "dockerfile": build["dockerfile"],
        "platforms": build["platforms"],
        "args": arguments,
        "labels": {f"org.opencontainers.image.{key}": value for key, value in {**labels, "title": name}.items()},
        "output": [f"type=image,name={image},push-by-digest=true,name-canonical=true,push=true"],
    }


targets = {name: target(name, arguments) for name, arguments in build["images"].items()}
print(json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets}))
PYTHON
"""
"""What docker buildx bake is to build: one target for each image."""

DIGESTS = """\
python3 - >> "$GITHUB_OUTPUT" <<'PYTHON'
import json, os, pathlib, re, sys

metadata = json.loads(os.environ["METADATA"])
digests = {name: metadata.get(name, {}).get("containerimage.digest", "") for name in os.environ["NAMES"].split()}
missing = [name for name, digest in digests.items() if not re.fullmatch("sha256:[0-9a-f]{64}", digest)]
if missing:
    sys.exit(f"the builder names no digest of {missing}")
pathlib.Path("images.json").write_text(json.dumps(digests))
print(f"images={json.dumps(digests)}")
PYTHON
"""
"""What was built, as one JSON object: image to digest."""

REPORT = """\
python3 - <<'PYTHON'
import json, os, urllib.request

images, check = json.loads(os.environ["IMAGES"]), os.environ["CHECK"]
repository = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
commit = os.environ["GITHUB_SHA"]


def call(method, path, body=None):
    headers = {
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "Accept": "application/vnd.github+json",
        "Content-Type": "application/json",
    }
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{repository}/{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


built = {"registry": os.environ["REGISTRY"], "path": os.environ["IMAGE_PATH"], "images": images}
output = {
    "title": check,
    "summary": f"{len(images)} images, pushed by digest.",
    "text": f"```json\\n{json.dumps(built, indent=1)}\\n```",
}
found = call("GET", f"commits/{commit}/check-runs?check_name={check}")["check_runs"]
mine = [one["id"] for one in found if one["app"]["slug"] == "github-actions"]
body = {"status": "completed", "conclusion": "success", "output": output}
if mine:  # the run was repeated
    call("PATCH", f"check-runs/{mine[0]}", body)
else:
    call("POST", "check-runs", {"name": check, "head_sha": commit, **body})
PYTHON
"""
"""The check whose text holds the digests; there is one, also after a run that was repeated."""

MIRROR = """\
export DOCKER_CONFIG="$RUNNER_TEMP/docker"
if ! command -v crane > /dev/null; then
  GOBIN="$RUNNER_TEMP" go install "github.com/google/go-containerregistry/cmd/crane@$CRANE"
  PATH="$RUNNER_TEMP:$PATH"
fi
crane auth login "${FROM%%/*}" --username "$FROM_USERNAME" --password-stdin <<< "$FROM_PASSWORD"
crane auth login "${TO%%/*}" --username "$TO_USERNAME" --password-stdin <<< "$TO_PASSWORD"
python3 -c 'import json, os; [print(*one) for one in json.loads(os.environ["IMAGES"]).items()]' > images.txt
while read -r image digest; do
  crane copy "$FROM/$image@$digest" "$TO/$image@$digest"
  if [ "$(crane digest "$TO/$image@$digest")" != "$digest" ]; then
    echo "$TO/$image is not $digest" >&2
    exit 1
  fi
done < images.txt
"""
"""The same digests, all architectures, from one registry to another."""

ANNOUNCE = """\
python3 - <<'PYTHON'
import json, os, urllib.request

path = f"repos/{os.environ['REPOSITORY']}/actions/workflows/{os.environ['WORKFLOW']}/dispatches"
headers = {
    "Authorization": f"Bearer {os.environ['DISPATCH_TOKEN']}",
    "Accept": "application/vnd.github+json",
    "Content-Type": "application/json",
}
request = urllib.request.Request(
    f"{os.environ['GITHUB_API_URL']}/{path}", json.dumps({"ref": "main"}).encode(), headers, method="POST"
)
urllib.request.urlopen(request, timeout=30).close()
PYTHON
"""
"""A schedule finds what an announcement missed."""
