#!/bin/sh
# Install the Debian packages named in the given files, when root; elsewhere name what is missing and go on.
set -eu
wanted=$(cat "$@" | sort -u)
missing=""
if command -v dpkg-query >/dev/null; then
    for name in $wanted; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $name"
    done
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # shellcheck disable=SC2086 # one word per package
    apt-get install -yq --no-install-recommends $missing
else
    echo "Tests that need these Debian packages will be skipped:$missing" >&2
fi
