#!/usr/bin/env bash
# Fails when the read path or the delivery path retains, releases or allocates per message and subscriber.
# Counts calls under callgrind: an echo, WebSocket fan-out and event stream fan-out. Under a minute, once built.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

command -v valgrind >/dev/null || {
  echo "installing valgrind"
  apt-get -qq install -y --no-install-recommends valgrind >/dev/null
}
swift build -c release >&2
exec "$(swift build -c release --show-bin-path)/bench" hot-path "$@"
