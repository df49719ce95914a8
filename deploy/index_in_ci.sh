#!/usr/bin/env bash
# What the GitHub action runs: `plan` and its comment for a pull request, `build` for the main branch.
set -euo pipefail
if [ -n "${SITE_FOLDER:-}" ]; then
  export SITE_DIR="$GITHUB_WORKSPACE/$SITE_FOLDER"
fi
command=$COMMAND
if [ "$command" = auto ]; then
  command=build
  if [ "${GITHUB_EVENT_NAME:-}" = pull_request ]; then
    command=plan
  fi
fi

# A build of its own in DATA_DIR, which the cache of the main branch hands to pull requests, whatever QDRANT_URL says.
build_beside() {
  env -u QDRANT_URL -u QDRANT_API_KEY "$BOOKRAG" index build "$@"
}

if [ "$command" = plan ]; then
  failed=0
  plan=$(mktemp)
  "$BOOKRAG" index plan --markdown >"$plan" || failed=1
  "$BOOKRAG" index check-links >>"$plan" || failed=1
  # It fails where the book's own questions find less than in the main branch's build, and says with what it compared.
  printf '\n### The build of this change\n\n```text\n' >>"$plan"
  build_beside >>"$plan" 2>&1 || failed=1
  printf '```\n' >>"$plan"
  cat "$plan" >>"${GITHUB_STEP_SUMMARY:-/dev/stderr}"
  if [ -n "${GH_TOKEN:-}" ] && [ -n "${PULL_REQUEST:-}" ]; then
    # One comment for a pull request, which later runs edit. A fork's token may not write.
    gh pr comment "$PULL_REQUEST" --repo "$GITHUB_REPOSITORY" --body-file "$plan" --edit-last --create-if-none ||
      echo "::notice::The plan could not be written as a comment; it is in the job's summary."
  fi
  exit "$failed"
fi

options=()
if [ "${STRICT:-true}" = true ]; then
  options+=(--strict)
fi
"$BOOKRAG" index build "${options[@]}"
if [ -n "${QDRANT_URL:-}" ]; then
  # What is live is what pull requests are compared with: its figures, with the questions as they are now.
  build_beside --rebuild --force
fi
"$BOOKRAG" index check-links
