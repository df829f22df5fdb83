# Names of Services for pods: dnsmasq with a hosts file that dns-feed.sh keeps in step with the API server. Sourced.

start_dns() {
  : >"$RUN/services.hosts"
  # A hangup that comes before dnsmasq knows what it means would end it.
  spawn dns bash -c 'trap "" HUP; exec "$@"' dns dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --no-resolv --no-hosts --listen-address="$HOST" --bind-interfaces \
    --addn-hosts="$RUN/services.hosts" --local=/cluster.local/
  spawn dns-feed bash "$CLUSTER/parts/dns-feed.sh"
}
