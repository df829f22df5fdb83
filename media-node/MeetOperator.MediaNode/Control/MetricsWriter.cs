using System.Globalization;
using System.Text;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Statistics;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Control;

/// <summary>Writes the node's metrics in the Prometheus text exposition format.</summary>
internal static class MetricsWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(NodeReport report, IReadOnlyList<LoopStatistics> loops, StreamCounters streams, StreamCounters tunnels)
    {
        var text = new StringBuilder(4096);
        Family(text, "meet_node_state", "gauge", "1 for the current state of the node.");
        foreach (var state in Enum.GetValues<NodeState>())
        {
            Sample(text, "meet_node_state", report.State == state ? 1 : 0, ("state", state.ToString()));
        }

        Single(text, "meet_node_rooms", "gauge", "Rooms on the node.", report.Rooms.Count);
        Single(text, "meet_node_participants", "gauge", "Participants in all rooms.", report.Participants);
        Single(text, "meet_node_up_tracks", "gauge", "Tracks that clients send.", report.UpTracks);
        Single(text, "meet_node_down_tracks", "gauge", "Tracks that the node sends to clients.", report.DownTracks);
        Single(text, "meet_node_stress_ratio", "gauge", "Share of the last second that the busiest loop spent working.", report.Stress);
        Single(text, "meet_media_forwarded_packets_total", "counter", "RTP packets forwarded since the process started.", report.ForwardedPackets);
        PerLoop(text, loops, "meet_loop_received_datagrams_total", "counter", "Datagrams received.", l => l.ReceivedDatagrams);
        PerLoop(text, loops, "meet_loop_received_bytes_total", "counter", "Payload bytes received.", l => l.ReceivedBytes);
        PerLoop(text, loops, "meet_loop_sent_datagrams_total", "counter", "Datagrams sent.", l => l.SentDatagrams);
        PerLoop(text, loops, "meet_loop_sent_messages_total", "counter", "Messages passed to the kernel. One message can contain several datagrams.", l => l.SentMessages);
        PerLoop(text, loops, "meet_loop_sent_bytes_total", "counter", "Payload bytes sent.", l => l.SentBytes);
        PerLoop(text, loops, "meet_loop_discarded_datagrams_total", "counter", "Datagrams that the kernel did not accept in time.", l => l.DiscardedDatagrams);
        PerLoop(text, loops, "meet_loop_delayed_messages_total", "counter", "Messages that waited because the kernel's send buffer was full.", l => l.DelayedMessages);
        PerLoop(text, loops, "meet_loop_kernel_drops_total", "counter", "Datagrams that the kernel dropped because the receive buffer was full.", l => l.KernelDrops);
        PerLoop(text, loops, "meet_loop_busy_ratio", "gauge", "Share of the last second that the loop spent working.", l => l.Busy);
        PerLoop(text, loops, "meet_loop_longest_pause_seconds", "gauge", "Longest time in the last 10 s during which the loop did not read its socket although it was not idle.", l => l.LongestPauseTicks / (double)TimeSpan.TicksPerSecond);
        PerLoop(text, loops, "meet_loop_longest_command_seconds", "gauge", "Longest time in the last 10 s that one request took on the loop's thread.", l => l.LongestCommandTicks / (double)TimeSpan.TicksPerSecond);
        PerLoop(text, loops, "meet_loop_connected_sessions", "gauge", "Peer sessions with a connected transport.", l => l.ConnectedSessions);
        PerLoop(text, loops, "meet_loop_silent_sessions", "gauge", "Connected peer sessions that received no datagram for 5 s.", l => l.SilentSessions);
        PerLoop(text, loops, "meet_loop_segmentation_info", "gauge", "1 while the kernel splits merged datagrams (UDP_SEGMENT).", l => l.Segmentation ? 1 : 0);

        Probes(text, report.LoopReports);
        Family(text, "meet_loop_dropped_datagrams_total", "counter", "Dropped datagrams by cause.");
        foreach (var loop in loops)
        {
            Sample(text, "meet_loop_dropped_datagrams_total", loop.UnknownSourceDrops, ("port", Port(loop)), ("cause", "UnknownPeer"));
            foreach (var (cause, count) in loop.TransportDrops.OrderBy(d => d.Key, StringComparer.Ordinal))
            {
                Sample(text, "meet_loop_dropped_datagrams_total", count, ("port", Port(loop)), ("cause", cause));
            }
        }

        Family(text, "meet_loop_failures_total", "counter", "Unexpected errors by what they ended. The rest of the loop continued.");
        foreach (var loop in loops)
        {
            foreach (var (scope, count) in loop.Failures)
            {
                Sample(text, "meet_loop_failures_total", count, ("port", Port(loop)), ("ended", scope));
            }
        }

        Family(text, "meet_node_sessions", "gauge", "Connected peer sessions by SRTP profile.");
        foreach (var loop in loops)
        {
            foreach (var (profile, count) in loop.SessionsByProfile.OrderBy(p => p.Key, StringComparer.Ordinal))
            {
                Sample(text, "meet_node_sessions", count, ("port", Port(loop)), ("profile", profile));
            }
        }

        Family(text, "meet_node_sessions_by_protocol", "gauge", "Connected peer sessions by the protocol that they send over.");
        foreach (var loop in loops)
        {
            Sample(text, "meet_node_sessions_by_protocol", loop.ConnectedSessions - loop.TcpSessions - loop.TunnelSessions, ("port", Port(loop)), ("protocol", "udp"));
            Sample(text, "meet_node_sessions_by_protocol", loop.TcpSessions, ("port", Port(loop)), ("protocol", "tcp"));
            Sample(text, "meet_node_sessions_by_protocol", loop.TunnelSessions, ("port", Port(loop)), ("protocol", "tunnel"));
        }

        Tcp(text, streams);
        Single(text, "meet_tunnels", "gauge", "Tunnels that are open.", tunnels.Open);
        Ended(text, "meet_tunnels_ended_total", "Tunnels that ended, by reason.", tunnels);
        return text.ToString();
    }

    private static void Tcp(StringBuilder text, StreamCounters streams)
    {
        Single(text, "meet_tcp_accepted_connections_total", "counter", "TCP connections for media that were accepted.", streams.Accepted);
        Family(text, "meet_tcp_connections", "gauge", "TCP connections for media. Those without an authentic check are closed after 5 s.");
        Sample(text, "meet_tcp_connections", streams.Open, ("state", "Open"));
        Sample(text, "meet_tcp_connections", streams.Unauthenticated, ("state", "Unauthenticated"));
        Ended(text, "meet_tcp_ended_connections_total", "TCP connections for media that ended, by reason.", streams);
    }

    private static void Ended(StringBuilder text, string name, string help, StreamCounters counters)
    {
        Family(text, name, "counter", help);
        foreach (var (reason, count) in counters.Ended)
        {
            Sample(text, name, count, ("reason", reason.ToString()));
        }
    }

    private static void Probes(StringBuilder text, IReadOnlyList<LoopReport> loops)
    {
        Family(text, "meet_loop_iteration_age_seconds", "gauge", "Time since the loop's thread last started an iteration.");
        foreach (var loop in loops)
        {
            Sample(text, "meet_loop_iteration_age_seconds", loop.TickAgeMs / 1000.0, ("port", Port(loop.Port)));
        }

        Family(text, "meet_loop_probe_age_seconds", "gauge", "Age of the oldest unanswered self-probe by network path. 0 when the last probe was answered.");
        foreach (var loop in loops)
        {
            foreach (var (path, age) in loop.Paths.Select(p => (p.Address, p.ProbeAgeMs)).Prepend(("socket", loop.ProbeAgeMs)))
            {
                if (age is { } ms)
                {
                    Sample(text, "meet_loop_probe_age_seconds", ms / 1000.0, ("port", Port(loop.Port)), ("path", path));
                }
            }
        }
    }

    private static string Port(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Port(LoopStatistics loop) => Port(loop.Port);

    private static void Family(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Family(text, name, type, help);
        Sample(text, name, value);
    }

    private static void PerLoop(StringBuilder text, IReadOnlyList<LoopStatistics> loops, string name, string type, string help, Func<LoopStatistics, double> value)
    {
        Family(text, name, type, help);
        foreach (var loop in loops)
        {
            Sample(text, name, value(loop), ("port", Port(loop)));
        }
    }

    private static void Sample(StringBuilder text, string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        text.Append(name);
        for (var i = 0; i < labels.Length; i++)
        {
            text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(labels[i].Value).Append('"');
        }

        text.Append(labels.Length > 0 ? "} " : " ").Append(value.ToString("0.######", CultureInfo.InvariantCulture)).Append('\n');
    }
}
