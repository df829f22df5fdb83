# Debian packages, from the one list in infra/packages.txt.

# missing_packages GROUP…: names of listed packages of these groups that are not installed.
missing_packages() {
  local wanted name installed
  wanted=$(awk -v groups=" $* " '!/^#/ && NF && index(groups, " " $2 " ") { print $1 }' infra/packages.txt)
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' 2>/dev/null | awk '$2 == "installed" { print $1 }')
  for name in $wanted; do
    grep -qx -- "$name" <<<"$installed" || echo "$name"
  done
}

# require_packages GROUP…: installs what is missing, or names it and stops.
require_packages() {
  local missing
  missing=$(missing_packages "$@" | paste -sd' ')
  [[ -n $missing ]] || return 0
  local root=()
  if (( EUID != 0 )); then root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || { (( EUID != 0 )) && ! sudo -n true 2>/dev/null; }; then
    die "these Debian packages are missing and cannot be installed from here: $missing"$'\n'"      as root: apt-get install --no-install-recommends $missing"
  fi
  say "installing Debian packages: $missing"
  # Services that a package would start are not wanted: tests start their own, on ports of their own.
  if ! { "${root[@]}" apt-get update -qq && "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -y -qq --no-install-recommends $missing; } >&2; then
    die "apt-get could not install: $missing"
  fi
}
