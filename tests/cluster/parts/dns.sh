# Resolves the names of Services for Pods: dnsmasq with a hosts file that dns-feed.sh updates. Sourced.

start_dns() {
  : >"$RUN/services.hosts"
  # SIGHUP would end dnsmasq before it has installed its signal handler.
  spawn dns bash -c 'trap "" HUP; exec "$@"' dns dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --no-resolv --no-hosts --listen-address="$HOST" --bind-interfaces \
    --addn-hosts="$RUN/services.hosts" --local=/cluster.local/
  spawn dns-feed bash "$CLUSTER/parts/dns-feed.sh"
}
