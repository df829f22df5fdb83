#!/bin/sh
# Needs: gcc, libssl-dev, libsrtp2-dev (Debian packages). Output goes to build/, ignored by git.
set -e
cd "$(dirname "$0")"
mkdir -p build
gcc -O2 -Wall -Wno-stringop-truncation -Wno-misleading-indentation -o build/loadgen loadgen.c -lssl -lcrypto -lsrtp2
gcc -O2 -Wall -shared -fPIC -o build/lo_shim.so lo_shim.c -ldl
