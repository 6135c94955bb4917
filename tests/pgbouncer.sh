#!/bin/sh
# Prints the path of a PgBouncer, the pooler; installs Debian's when the machine has none.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Debian keeps it where only root looks.
PATH=$PATH:/usr/sbin
if [ -n "${PGBOUNCER:-}" ]; then echo "$PGBOUNCER"; exit 0; fi
if command -v pgbouncer; then exit 0; fi
echo "Installing PgBouncer for the pooler's tests ..." >&2
if command -v apt-get > /dev/null; then
    sudo=
    if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
    {
        $sudo apt-get update -qq &&
            $sudo env DEBIAN_FRONTEND=noninteractive \
                apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends pgbouncer
    } > "$log" 2>&1 || true
    if command -v pgbouncer; then exit 0; fi
fi
cat "$log" >&2
echo "No PgBouncer here. Install one, or name its program in PGBOUNCER, and try again." >&2
exit 1
