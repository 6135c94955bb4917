#!/bin/sh
# Prints the path of a Chromium that starts; installs one when the machine has none.
# Usage: sh tests/chromium.sh PYTHON, with Playwright in that Python.
set -eu
python=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A browser that lacks a library, or is only a note to install a snap, is none: it has to run.
starts() { [ -n "$1" ] && "$1" --version > /dev/null 2>&1; }

use() {
    command -v "$1"
    exit 0
}

on_path() {
    for name in "${CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
        if starts "$name"; then use "$name"; fi
    done
}

playwrights_own() {
    path=$("$python" -c 'from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)')
    if starts "$path"; then use "$path"; fi
}

on_path
playwrights_own
echo "Installing Chromium for the browser tests ..." >&2
if "$python" -m playwright install chromium > "$log" 2>&1; then playwrights_own; fi

# No download from Playwright's own address, or a browser without its libraries: Debian's then, the
# one without windows if there is such a package: its pages cost a quarter less.
if command -v apt-get > /dev/null; then
    sudo=
    if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
    install() {
        $sudo env DEBIAN_FRONTEND=noninteractive \
            apt-get -o DPkg::Lock::Timeout=300 install -y -qq "$1"
    }
    {
        $sudo apt-get update -qq &&
            { install chromium-headless-shell || install chromium; }
    } >> "$log" 2>&1 || true
    on_path
fi

cat "$log" >&2
echo "No Chromium starts here. Install one, or name its program in CHROMIUM, and try again." >&2
exit 1
