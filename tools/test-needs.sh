#!/bin/sh
# Brings what only the tests need and no lock can hold: a browser with fonts and an IMAP server. PostgreSQL comes with the
# dev lock. Where it may not install, it says in one line what will be skipped and why.
set -eu
missing=
has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
has chromium || has chromium-browser || has google-chrome || missing="$missing chromium"
has dovecot || missing="$missing dovecot-imapd"
# Cyrillic on screenshots and in the browser needs a font that has it.
if has fc-list && ! fc-list :lang=ru family 2>/dev/null | grep -q .; then missing="$missing fonts-dejavu-core"; fi
[ -n "$missing" ] || exit 0

skip() {
    for part in $missing; do
        case $part in
            chromium) echo "Skipped: the journeys in a browser, because chromium is not installed and $1." ;;
            dovecot-imapd) echo "Skipped: the tests with a real IMAP server, because dovecot is not installed and $1." ;;
        esac
    done
    exit 0
}
has apt-get || skip "there is no apt-get to install it with"
[ "$(id -u)" = 0 ] || skip "installing it needs root (apt-get install$missing)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing for the tests:$missing"
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$log" 2>&1; }
install || { apt-get update >"$log" 2>&1 && install; } || skip "apt-get could not install it: $(tail -n 1 "$log")"
