#!/usr/bin/env bash
# dns-feed.sh: updates the hosts file of dnsmasq whenever a Service changes.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit
source settings.sh
source processes.sh
source certificates.sh

names='.items[] | select((.spec.clusterIP // "None") != "None") | .spec.clusterIPs[] + " " + .metadata.name + "." + .metadata.namespace + ".svc.cluster.local"'

# dnsmasq drops the old entries when it rereads the file, so a recreated Service has only its new address.
write_names() {
  local services
  services=$(api /api/v1/services) || return
  jq -r "$names" <<<"$services" | LC_ALL=C sort >"$RUN/services.new" || return
  if ! cmp -s "$RUN/services.new" "$RUN/services.hosts"; then
    cp "$RUN/services.new" "$RUN/services.hosts"
    kill -HUP "$(pid_of dns)"
  fi
}

# A watch returns one line per change, and ends after five minutes at the latest.
while :; do
  write_names
  while read -r _; do write_names; done < <(api "/api/v1/services?watch=1&timeoutSeconds=300" --max-time 310 --no-buffer)
  sleep 0.2
done
