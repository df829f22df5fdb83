#!/bin/sh
# Builds the plugin with which Firefox has H.264, and prints the folder that MOZ_GMP_PATH names. Requires the Debian packages g++ and libopenh264-dev. The output folder
# build/ is ignored by git. Firefox wants a folder <name>/<version>, and a version of numbers. The sandbox of the plugin's process opens no other library, so everything
# is linked statically.
set -e
cd "$(dirname "$0")"
version=$(sed -n 's/^Version: *//p' /usr/lib/*/pkgconfig/openh264.pc)
folder=build/gmp-gmpopenh264/$version
mkdir -p "$folder"
g++ -O2 -Wall -Wextra -shared -fPIC -static-libstdc++ -static-libgcc -o "$folder/libgmpopenh264.so" plugin.cpp -l:libopenh264.a
printf '%s\n' 'Name: gmpopenh264' 'Description: OpenH264 of Debian' "Version: $version" 'APIs: encode-video[h264], decode-video[h264]' >"$folder/gmpopenh264.info"
echo "$PWD/$folder"
