#!/usr/bin/env bash
# Stands in for golangci-lint: go vet on everything, gofmt on what changed.
set -euo pipefail
echo "stand-in of golangci/golangci-lint-action: go vet, and gofmt on the files that changed"
go vet ./...

# The first parent is what a push or a pull request's merge commit came upon.
if [[ "$ONLY_NEW" == true ]] && git rev-parse --quiet --verify HEAD^ > /dev/null; then
  mapfile -t files < <(git diff --name-only --diff-filter=d HEAD^ HEAD -- '*.go')
else
  mapfile -t files < <(git ls-files -- '*.go')
fi
[[ ${#files[@]} -gt 0 ]] || { echo "no Go file changed"; exit 0; }
unformatted="$(gofmt -l "${files[@]}")"
if [[ -n "$unformatted" ]]; then
  while IFS= read -r file; do echo "::error file=$file::File is not properly formatted (gofmt)"; done <<< "$unformatted"
  exit 1
fi
echo "${#files[@]} files looked at, 0 issues."
