#!/usr/bin/env bash
# Waits until the model @name@ is ready, asks it once, and looks at the answer.
# usage: smoke-test.sh [URL of the gateway] [seconds to wait]
set -euo pipefail

url=${1:-http://127.0.0.1:8000}
seconds=${2:-60}
model=$url/v2/models/@name@
input=$(dirname -- "${BASH_SOURCE[0]}")/config/smoke.json

fail() {
  printf 'smoke test: %s\n' "$1" >&2
  exit 1
}

command -v curl >/dev/null || fail "it needs curl"
for ((i = 0; ; i++)); do
  curl -sf -o /dev/null --max-time 5 "$model/ready" && break
  ((i < seconds)) || fail "$model is not ready after $seconds s: $(curl -sS --max-time 5 "$model/ready" 2>&1)"
  sleep 1
done

answer=$(curl -sS --max-time 30 -w '\n%{http_code}' -H 'Content-Type: application/json' \
  --data-binary "@$input" "$model/infer") || fail "$model/infer did not answer"
status=${answer##*$'\n'}
body=${answer%$'\n'*}
[[ $status == 200 ]] || fail "$model/infer answered $status: $body"
for output in @outputs@; do
  [[ $body == *"\"name\":\"$output\""* ]] || fail "the answer has no output $output: $body"
done
printf 'smoke test: %s answers: %.200s\n' "$model" "$body"
