namespace MeetOperator.MediaNode.Hosting;

internal static class Usage
{
    public const string Text = """
        MeetOperator.MediaNode              runs a media node, configured by environment variables:
          MEET_NODE_NAME                    name of the SfuNode (required)
          MEET_NODE_CERTIFICATE             PEM certificate of the control API, with the node's DNS name (required)
          MEET_NODE_KEY                     PEM private key of the certificate (required)
          MEET_NODE_AUTHORITIES             PEM certificates of the authorities that issue client certificates (required)
          MEET_CONTROL_ADDRESS              address and port of the control API (default 0.0.0.0:8090)
          MEET_UDP_PORTS                    UDP ports, one loop each, separated by commas (required)
          MEET_TCP_PORT                     TCP port for clients that cannot use UDP (default 0: none)
          MEET_ADVERTISED_ADDRESSES         IPv4 and IPv6 addresses at which clients reach the node (required)
          MEET_IP_FAMILIES                  the families of which addresses are used: IPv4, IPv6 (default IPv4,IPv6)
          MEET_MAX_PARTICIPANTS             number of participants above which new rooms are rejected (default 500)
          MEET_SHUTDOWN_SECONDS             how long rooms with participants continue after SIGTERM (default 25)
        MeetOperator.MediaNode --bench PORT serves the benchmark of tests/bench/media on loopback
        MeetOperator.MediaNode --help       prints this text
        """;
}
