namespace MeetOperator.MediaNode.Hosting;

internal static class Usage
{
    public const string Text = """
        MeetOperator.MediaNode              runs a media node, set up by the environment:
          MEET_NODE_NAME                    name of the SfuNode (required)
          MEET_NODE_CERTIFICATE             PEM certificate of the control API, under the node's name (required)
          MEET_NODE_KEY                     its PEM key (required)
          MEET_NODE_AUTHORITIES             PEM certificates of the authorities of callers (required)
          MEET_CONTROL_ADDRESS              where the control API listens (default 0.0.0.0:8090)
          MEET_UDP_PORTS                    UDP ports, one loop each, separated by commas (required)
          MEET_ADVERTISED_ADDRESSES         IPv4 addresses under which clients reach the node (required)
          MEET_MAX_PARTICIPANTS             participants beyond which new rooms are refused (default 500)
          MEET_SHUTDOWN_SECONDS             how long rooms with people go on after SIGTERM (default 25)
        MeetOperator.MediaNode --bench PORT serves tests/bench/media on loopback
        MeetOperator.MediaNode --help       this text
        """;
}
