#!/usr/bin/env bash
# Stands in for actions/checkout: fetches one ref, or all of the history, and checks it out.
set -euo pipefail
if [[ "$SUBMODULES$LFS" != falsefalse ]]; then
  echo "::error::submodules and lfs are not supported by this stand-in of actions/checkout"
  exit 1
fi
echo "stand-in of actions/checkout: git fetches $REPOSITORY from $GITHUB_SERVER_URL"

commit=""
if [[ -z "$REF" && "$REPOSITORY" == "$OWN_REPOSITORY" ]]; then
  ref="$OWN_REF" commit="$OWN_COMMIT"
else
  ref="${REF:-HEAD}"
fi
[[ "$ref" =~ ^[0-9a-f]{40}$ ]] && commit="$ref"

mkdir -p "$INTO"
cd "$INTO"
[[ -d .git ]] || git init --quiet
# Whoever else looks at this machine's processes must not see the token: it goes through git's environment.
header="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)"
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader" GIT_CONFIG_VALUE_0="$header"
git config remote.origin.url "$GITHUB_SERVER_URL/$REPOSITORY"
git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'

options=(--no-tags --quiet)
[[ "$TAGS" == true ]] && options=(--tags --quiet)
if [[ "$DEPTH" == 0 ]]; then
  git fetch --quiet --tags origin '+refs/heads/*:refs/remotes/origin/*' "+${commit:-$ref}:refs/checkout"
else
  git fetch "${options[@]}" --depth "$DEPTH" origin "+${commit:-$ref}:refs/checkout"
fi

short="${ref#refs/heads/}"
if [[ "$ref" == refs/heads/* || ( "$ref" != refs/* && -z "$commit" && "$ref" != HEAD ) ]]; then
  git update-ref "refs/remotes/origin/$short" refs/checkout
  git checkout --quiet --force -B "$short" refs/checkout
  git config "branch.$short.remote" origin
  git config "branch.$short.merge" "refs/heads/$short"
else
  git checkout --quiet --force --detach refs/checkout
fi
git update-ref -d refs/checkout

if [[ "$PERSIST" == true ]]; then
  git config "http.$GITHUB_SERVER_URL/.extraheader" "$header"
  echo "The job's token stays in the clone's configuration (persist-credentials)."
fi
found="$(git rev-parse HEAD)"
echo "HEAD is now $(git log -1 --format='%h %s')"
{ echo "commit=$found"; echo "ref=$ref"; } >> "$GITHUB_OUTPUT"
