#!/usr/bin/env bash
# Fuzzes each target for SECONDS_EACH, on what was found before and on what `--seeds` has. Prints iterations, time and findings;
# a finding is kept in .build-fuzz/findings and fails.
#
#   fuzz.sh SECONDS_EACH [TARGET…]
#
# FUZZ_BUILD=debug is built in a third of the time, and does a tenth of the iterations.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20} build=${FUZZ_BUILD:-release}
shift || true
export KEYTURN_FUZZ=1
swift build --sanitize fuzzer --sanitize address -Xswiftc -enable-testing -debug-info-format none -c "$build" --scratch-path .build-fuzz --product Fuzz
fuzz=.build-fuzz/$build/Fuzz
corpus=.build-fuzz/corpus findings=.build-fuzz/findings
mkdir -p "$corpus" "$findings"
KEYTURN_FUZZ_SEEDS=$corpus "$fuzz"
failed=0
if [ $# -gt 0 ]; then targets="$*"; else targets=$("$fuzz"); fi
for target in $targets; do
  log=$(mktemp)
  # Allocations of libcurl's and Foundation's own that live as long as the process are no findings.
  if ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 KEYTURN_FUZZ_TARGET=$target "$fuzz" "$corpus/$target" \
      -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
      -artifact_prefix="$findings/$target-" >"$log" 2>&1; then
    found=0
  else
    found=1 failed=1
    tail -40 "$log"
  fi
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-10s %12s iterations in %4s s, %s findings\n' "$target" "${executed:-0}" "$seconds" "$found"
  rm -f "$log"
done
exit "$failed"
