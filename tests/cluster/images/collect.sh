#!/bin/sh
# collect.sh FOLDER PATH…: copies files and folders of this machine, their shared libraries, a shell and the user meet into FOLDER, which becomes the image.
set -eu
umask 022 # The user of the image reads the folders that are created here.
target=$1
shift
mkdir -p "$target/bin" "$target/etc"
cp /bin/busybox "$target/bin/"
for applet in sh chown date kill rm; do ln -s busybox "$target/bin/$applet"; done
echo 'meet:x:65532:65532::/data:/bin/sh' >"$target/etc/passwd"
echo 'meet:x:65532:' >"$target/etc/group"
for path; do
  mkdir -p "$target$(dirname "$path")"
  cp -a "$(readlink -f "$path")" "$target$path"
done
# LLVM is left out, because only JIT-compiled queries need it.
rm -rf "$target/usr/lib/postgresql/15/lib/bitcode" "$target"/usr/lib/postgresql/15/lib/llvmjit*
(cd "$target" && find . -type f \( -perm /111 -o -name '*.so' \) -exec ldd {} + 2>/dev/null) | grep -o '/[^ :)]*' | sort -u | while read -r library; do
  mkdir -p "$target$(dirname "$library")"
  [ -e "$target$library" ] || cp -L "$library" "$target$library"
done
