#!/usr/bin/env bash
# Installs the Debian packages of `./meet up` and `./meet test`, from the same list and by the same code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'packages: %s\n' "$*" >&2; exit 1; }
source infra/scripts/checks/packages.sh
require_packages runtime test
