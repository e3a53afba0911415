#!/bin/sh
# Chromium for the browser tests, by apt when root; otherwise the tests say what is missing.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Chromium for the browser tests (apt-get)"
    apt-get update -qq && apt-get install -y -qq chromium >/dev/null
else
    echo "Chromium is missing, so the browser tests will fail: apt-get install chromium" >&2
fi
exit 0
