#!/usr/bin/env bash
# Builds the benchmarks and the site that they drive, in release mode, and prints the table: run.sh [--quick].
# Under three minutes, with --quick under one, once built. Other flags: run.sh --help.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

command -v valgrind >/dev/null || perf stat -e instructions:u true >/dev/null 2>&1 || {
  echo "installing valgrind, which counts instructions where the processor's counters cannot be had"
  apt-get -qq install -y --no-install-recommends valgrind >/dev/null
}
# Server and generator each hold up to 18,000 sockets.
ulimit -n "$(ulimit -H -n)"
swift build -c release >&2
exec "$(swift build -c release --show-bin-path)/bench" table "$@"
