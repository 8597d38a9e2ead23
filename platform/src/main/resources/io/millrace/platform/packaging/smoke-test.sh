#!/usr/bin/env bash
# Asks the model @name@ until it answers, which may take its workers a while, and looks at the answer.
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
end=$((SECONDS + seconds))
while :; do
  answer=$(curl -sS --max-time 30 -w '\n%{http_code}' -H 'Content-Type: application/json' \
    --data-binary "@$input" "$model/infer" 2>/dev/null) || true
  status=${answer##*$'\n'}
  body=${answer%$'\n'*}
  # What is not there yet: the gateway, the model's declaration, a worker that has it ready, in time.
  [[ $status =~ ^(000|404|503|504)$ ]] && ((SECONDS < end)) || break
  sleep 1
done
[[ $status != 000 ]] || fail "$model/infer did not answer within $seconds s"
[[ $status == 200 ]] || fail "$model/infer answered $status: $body"
for output in @outputs@; do
  [[ $body == *"\"name\":\"$output\""* ]] || fail "the answer has no output $output: $body"
done
printf 'smoke test: %s answers: %.200s\n' "$model" "$body"
