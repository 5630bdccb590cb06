#!/usr/bin/env bash
# Stands in for actions/setup-go: fetches nothing, checks the Go that is there.
set -euo pipefail
found="$(go env GOVERSION)"
found="${found#go}"
echo "stand-in of actions/setup-go: uses the Go on this machine, $found"
echo "go-version=$found" >> "$GITHUB_OUTPUT"

wanted="$VERSION"
if [[ -n "$FILE" ]]; then
  [[ -f "$FILE" ]] || { echo "::error::The specified go version file at: $FILE does not exist"; exit 1; }
  wanted="$(sed -nE 's/^(go|toolchain go)[[:space:]]*([0-9][0-9.]*).*/\2/p' "$FILE" | tail -n 1)"
fi
if [[ "$wanted" =~ ^[0-9] ]]; then
  newest="$(printf '%s\n%s\n' "${wanted%%[^0-9.]*}" "$found" | sort -V | tail -n 1)"
  [[ "$newest" == "$found" ]] || { echo "::error::Go $wanted is wanted and Go $found is here"; exit 1; }
fi
echo "GOTOOLCHAIN=local" >> "$GITHUB_ENV"

if ! command -v "$(go env CC)" > /dev/null; then
  # The race detector needs a C compiler. Without one tests run all the same, and say what they do not look for.
  mkdir -p "$RUNNER_TEMP/go-without-race"
  printf '#!/usr/bin/env bash\ngo=%q\n' "$(command -v go)" > "$RUNNER_TEMP/go-without-race/go"
  cat >> "$RUNNER_TEMP/go-without-race/go" <<'SHIM'
arguments=()
for argument in "$@"; do
  if [[ "$argument" == -race ]]; then
    echo "::warning::NO RACE DETECTOR: there is no C compiler on this machine, so -race is left out" >&2
  else
    arguments+=("$argument")
  fi
done
exec "$go" "${arguments[@]}"
SHIM
  chmod +x "$RUNNER_TEMP/go-without-race/go"
  echo "$RUNNER_TEMP/go-without-race" >> "$GITHUB_PATH"
  echo "CGO_ENABLED=0" >> "$GITHUB_ENV"
  echo "::warning::there is no C compiler on this machine: go test -race will run without the race detector"
fi
