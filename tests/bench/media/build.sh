#!/bin/sh
# Requires the Debian packages gcc, libssl-dev and libsrtp2-dev. The output folder build/ is ignored by git.
set -e
cd "$(dirname "$0")"
mkdir -p build
gcc -O2 -Wall -Wno-stringop-truncation -Wno-misleading-indentation -o build/loadgen loadgen.c -lssl -lcrypto -lsrtp2
gcc -O2 -Wall -shared -fPIC -o build/lo_shim.so lo_shim.c -ldl
