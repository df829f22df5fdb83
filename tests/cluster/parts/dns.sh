# Names of Services for pods: dnsmasq with a hosts file that dns-feed.sh keeps in step with the API server. Sourced.

start_dns() {
  : >"$RUN/services.hosts"
  spawn dns dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --no-resolv --no-hosts --listen-address="$HOST" --bind-interfaces \
    --addn-hosts="$RUN/services.hosts" --local=/cluster.local/
  spawn dns-feed bash "$CLUSTER/parts/dns-feed.sh"
}
