#!/usr/bin/env bash
# Replays the cache over the traces that it is measured on, and prints a table of hit rates.
#
# usage: benchmarks/cache-cells.sh SIMULATOR.jar [MOONCAKE.jsonl] [PATTERN]
#
# SIMULATOR.jar    com.github.ben-manes.caffeine:simulator:3.2.4, whose traces are embedded in it:
#                  mvn dependency:get -Dartifact=com.github.ben-manes.caffeine:simulator:3.2.4 -Dtransitive=false
#                  puts it into ~/.m2/repository/com/github/ben-manes/caffeine/simulator/3.2.4
# MOONCAKE.jsonl   conversation_trace.jsonl of kvcache-ai/Mooncake; without it its cells are skipped
# PATTERN          of cells to replay, such as 'multi*' or '*@500'; all without it
#
# Needs unzip, gzip, xz, od and awk. Progress goes to standard error, the table to standard output.
set -euo pipefail

fail() {
  printf 'cache-cells: %s\n' "$1" >&2
  exit 2
}

[[ $# -ge 1 && $# -le 3 ]] || fail "usage: cache-cells.sh SIMULATOR.jar [MOONCAKE.jsonl] [PATTERN]"
jar=$1
mooncake=${2:-}
pattern=${3:-*}
[[ -r $jar ]] || fail "$jar cannot be read; how to get it is said at the top of this script"
[[ -z $mooncake || -r $mooncake ]] || fail "$mooncake cannot be read"
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT

# name, file in the jar below .../simulator/parser, kind, capacities
cells='
multi1    lirs/multi1.trace.gz             text   500
multi3    lirs/multi3.trace.gz             text   1000 2500
glimpse   lirs/gli.trace.gz                text   500 1000
loop      lirs/loop.trace.gz               text   512
sprite    lirs/sprite.trace.gz             text   500 1000
corda     corda/trace_vaultservice.gz      long   512
orm-busy  cache2k/orm-busy.trace.xz        int    5000
gradle    gradle/build-cache.xz            words  10000
scarab    scarab/scarab-recs.trace.xz      long   50000
OLTP      arc/OLTP.lis                     absent 1000 2000
P3        arc/P3.lis                       absent 50000
w106      cloud_physics/w106.trace.xz      int    50000
web07     cache2k/web07.trace.xz           int    2000
Mooncake  -                                blocks 1000 10000 30000
'

unpacked() {
  case $1 in
    *.gz) unzip -p "$jar" "com/github/benmanes/caffeine/cache/simulator/parser/$1" | gzip -dc ;;
    *.xz) unzip -p "$jar" "com/github/benmanes/caffeine/cache/simulator/parser/$1" | xz -dc ;;
  esac
}

# The accesses as the command reads them: a key a line.
trace() {
  case $2 in
    text) unpacked "$1" | tr -d '\r' | awk 'NF' ;;
    words) unpacked "$1" | tr -d '\r' | awk 'NF { print $1 }' ;;
    int) unpacked "$1" | od -An -v -t d4 -w4 | tr -d ' ' ;;
    long) unpacked "$1" | od -An -v -t d8 -w8 | tr -d ' ' ;;
  esac
}

replay() {
  local cell=$1 file=$2 format=$3 capacity=$4
  # shellcheck disable=SC2254 # it is meant as a pattern
  case $cell in
    $pattern) ;;
    *) return 0 ;;
  esac
  printf '%s\n' "$cell" >&2
  "$root/millrace" replay cache --trace "$file" --format "$format" --capacity "$capacity" \
    | awk -v cell="$cell" '
        $3 == "%" { rate[$1] = $2 }
        /policy$/ { policy = $1 }
        /heap tier$/ { heap = $1 }
        END {
          best = "lru"
          n = split("lfu arc s3fifo sieve caffeine", others, " ")
          for (i = 1; i <= n; i++) if (rate[others[i]] > rate[best]) best = others[i]
          printf "%s %s %s %s %s %s %s %s\n", cell, rate["millrace"], rate["caffeine"], rate[best], best, rate["belady"], policy, heap
        }' >>"$folder/table"
}

: >"$folder/table"
while read -r name path kind capacities; do
  [[ -n $name ]] || continue
  file=$folder/$name format=lirs
  case $kind in
    absent)
      printf '%s: skipped, the simulator has no such trace\n' "$name" >&2
      continue
      ;;
    blocks)
      if [[ -z $mooncake ]]; then
        printf '%s: skipped, no file is given\n' "$name" >&2
        continue
      fi
      file=$mooncake format=mooncake
      ;;
    words) format=csv ;;
  esac
  [[ $kind == blocks ]] || trace "$path" "$kind" >"$file"
  for capacity in $capacities; do
    replay "$name@$capacity" "$file" "$format" "$capacity" </dev/null
  done
  [[ $kind == blocks ]] || rm -f -- "$file"
done <<<"$cells"

awk '
  BEGIN {
    print "| trace @ entries | ours | Caffeine | best of the others | regret | Belady | ns policy | ns heap tier |"
    print "|---|---|---|---|---|---|---|---|"
  }
  {
    regret = $4 - $2
    printf "| %s | %.2f | %.2f | %.2f (%s) | %.2f | %.2f | %d | %d |\n", $1, $2, $3, $4, $5, regret, $6, $7, $8
    ours += $2; caffeine += $3; cells++
    if (cells == 1 || regret > worst) { worst = regret; where = $1 }
    if ($8 > slowest) slowest = $8
  }
  END {
    if (cells == 0) exit
    printf "\n%d cells: mean %.2f, Caffeine %.2f, %+.2f; worst regret %.2f (%s); heap tier at most %d ns an access\n", cells, ours / cells, caffeine / cells, (ours - caffeine) / cells, worst, where, slowest
  }' "$folder/table"
