#!/usr/bin/env bash
# Tells what a plan costs in two states of the source, on a machine whose speed changes from minute to minute.
#
#   benchmarks/side-by-side.sh CHECKOUT_A CHECKOUT_B [options of `bench requests`]
#
# Both run `bench requests` at 64 in flight at once, and each is stopped for every other second, so that both meet the
# same machine. Compare CPU a plan, less what the compilers took of the platform (JIT), and nothing else: throughput is
# halved and latencies have the stops in them. Build both first (./millrace --version). Two states of the JVMs:
# the same checkout twice, with MILLRACE_JAVA_OPTS_A and MILLRACE_JAVA_OPTS_B. Takes about nine minutes.
set -euo pipefail

[[ $# -ge 2 && -x $1/millrace && -x $2/millrace ]] || {
  echo "side-by-side: expected two checkouts with a ./millrace each, but got: $*" >&2
  exit 2
}
checkouts=("$1" "$2")
java_opts=("${MILLRACE_JAVA_OPTS_A:-}" "${MILLRACE_JAVA_OPTS_B:-}")
shift 2
work=$(mktemp -d)
groups=()
trap 'for g in "${groups[@]}"; do kill -CONT -- "-$g" && kill -- "-$g"; done 2>/dev/null; rm -rf -- "$work"' EXIT

# Each in a session of its own, so that its processes can be stopped together.
for i in 0 1; do
  (cd "${checkouts[i]}" && MILLRACE_JAVA_OPTS=${java_opts[i]} exec setsid ./millrace bench requests \
    --concurrency 64 --preheat-s 360 --measure-s 100 --json "$work/$i.json" "$@") >"$work/$i.log" 2>&1 &
  groups+=($!)
done

running() { kill -0 "$1" 2>/dev/null; }
# They start side by side: a broker that is stopped while it starts may give up.
until grep -qs 'until the code is compiled' "$work/0.log" && grep -qs 'until the code is compiled' "$work/1.log"; do
  for g in "${groups[@]}"; do running "$g" || { cat "$work"/*.log >&2; exit 1; }; done
  sleep 1
done
measured() { grep -q 'CPU reference' "$work/$1.log"; }
turn=0
until measured 0 && measured 1; do
  kill -STOP -- "-${groups[1 - turn]}"
  # One that has measured stays stopped; the other goes on having every other second.
  if ! measured "$turn"; then
    running "${groups[turn]}" || { cat "$work/$turn.log" >&2; exit 1; }
    kill -CONT -- "-${groups[turn]}"
  fi
  sleep 1
  turn=$((1 - turn))
done
for i in 0 1; do
  echo "${checkouts[i]} ${java_opts[i]}: $(grep -m1 'CPU reference' "$work/$i.log")"
done
