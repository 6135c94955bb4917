#!/bin/sh
# Prints the path of a Caddy, the TLS proxy; installs Debian's when the machine has none.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ -n "${CADDY:-}" ]; then echo "$CADDY"; exit 0; fi
if command -v caddy; then exit 0; fi
echo "Installing Caddy for the proxy's tests ..." >&2
if command -v apt-get > /dev/null; then
    sudo=
    if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
    {
        $sudo apt-get update -qq &&
            $sudo env DEBIAN_FRONTEND=noninteractive \
                apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends caddy
    } > "$log" 2>&1 || true
    if command -v caddy; then exit 0; fi
fi
cat "$log" >&2
echo "No Caddy here. Install one, or name its program in CADDY, and try again." >&2
exit 1
