# The pause image, which holds the namespaces of a Pod: a sleeping static busybox from Debian. Sourced.

# pause_image FILE: writes the image as a docker-archive.
pause_image() {
  local folder sum
  folder=$(mktemp -d)
  mkdir -p "$folder/layer/bin" "$(dirname "$1")"
  cp /bin/busybox "$folder/layer/bin/busybox"
  tar -C "$folder/layer" --mtime=@0 --owner=0 --group=0 -cf "$folder/layer.tar" bin
  sum=$(sha256sum "$folder/layer.tar" | cut -d' ' -f1)
  cat >"$folder/config.json" <<JSON
{"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/bin/busybox", "sleep", "2147483647"]}, "rootfs": {"type": "layers", "diff_ids": ["sha256:$sum"]}}
JSON
  echo '[{"Config": "config.json", "RepoTags": ["localhost/pause:1"], "Layers": ["layer.tar"]}]' >"$folder/manifest.json"
  tar -C "$folder" -cf "$1.new" manifest.json config.json layer.tar
  mv "$1.new" "$1"
  rm -rf "$folder"
}
