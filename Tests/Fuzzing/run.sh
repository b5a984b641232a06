#!/usr/bin/env bash
# Builds every fuzz target and runs each for the given number of seconds: run.sh SECONDS [TARGET...]
# Prints one line per target. What a target finds stays in .build/findings; make a unit test of it.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in Sources/Fuzz*; do targets+=("$(basename "$source")"); done
fi
out=.build/fuzzing
mkdir -p "$out" .build/findings

# The compiler is called directly. The package manager passes one flag per sanitizer, in no fixed order, and the compiler
# heeds the last one: every other build of `swift build --sanitize fuzzer --sanitize address` would run blind.
flags=(-O -swift-version 6 -parse-as-library -sanitize=fuzzer,address -enable-upcoming-feature ExistentialAny
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature NonisolatedNonsendingByDefault)
compile() {
  local name=$1
  shift
  if ! swiftc "${flags[@]}" "$@" >"$out/$name.build.log" 2>&1; then
    tail -n 40 "$out/$name.build.log"
    echo "$name: does not build"
    exit 1
  fi
}
mapfile -t sources < <(find ../../Sources/HalleyProtocols -name '*.swift' | sort)
compile HalleyProtocols -wmo -package-name Halley -module-name HalleyProtocols -emit-module \
  -emit-module-path "$out/HalleyProtocols.swiftmodule" -emit-object -o "$out/HalleyProtocols.o" "${sources[@]}"
for target in "${targets[@]}"; do
  compile "$target" -I "$out" -module-name "$target" -o "$out/$target" Sources/"$target"/*.swift "$out/HalleyProtocols.o"
done

# A trap must end the process at once: Swift's backtracer and the sanitizer's symbolizer can hang in it.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=symbolize=0:detect_leaks=0
failed=0
for target in "${targets[@]}"; do
  mkdir -p .build/corpus/"$target" Corpus/"$target"
  log=$out/$target.log
  if ! "$out/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix=.build/findings/"$target"- .build/corpus/"$target" Corpus/"$target" >"$log" 2>&1; then
    failed=1
    tail -n 30 "$log"
    echo "$target: FAILED, see $PWD/$log"
  elif ! grep -q 'INITED cov:' "$log"; then
    failed=1
    echo "$target: FAILED, built without coverage"
  else
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    coverage=$(sed -n 's/.*DONE.* cov: \([0-9]*\).*/\1/p' "$log")
    echo "$target: $runs runs in $seconds s, $coverage edges, nothing found"
  fi
done
exit $failed
