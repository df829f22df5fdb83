using System.Diagnostics.Metrics;

namespace MeetOperator.Signaling.Metrics;

/// <summary>The metrics of the meter <see cref="MeterName"/>. Thread-safe.</summary>
internal sealed class SignalingMetrics
{
    public const string MeterName = "MeetOperator.Signaling";

    private readonly UpDownCounter<long> _sockets;
    private readonly UpDownCounter<long> _meetings;
    private readonly Counter<long> _received;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _joins;
    private readonly Counter<long> _created;
    private readonly Histogram<double> _joinSeconds;
    private readonly Counter<long> _nodeErrors;

    public SignalingMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _sockets = meter.CreateUpDownCounter<long>("meet_signaling_sockets", description: "Open WebSockets.");
        _meetings = meter.CreateUpDownCounter<long>("meet_signaling_meetings", description: "Meetings with a participant on this replica.");
        _received = meter.CreateCounter<long>("meet_signaling_messages_total", description: "Messages received from clients, by type.");
        _errors = meter.CreateCounter<long>("meet_signaling_message_errors_total", description: "Rejected messages, by error code.");
        _joins = meter.CreateCounter<long>("meet_signaling_joins_total", description: "Joins over REST, by result.");
        _created = meter.CreateCounter<long>("meet_signaling_meetings_created_total", description: "Meetings created over REST.");
        _joinSeconds = meter.CreateHistogram<double>("meet_signaling_join_seconds", "s", "Duration of joins over REST, including the wait for a media node.");
        _nodeErrors = meter.CreateCounter<long>("meet_signaling_node_errors_total", description: "Failed calls to media nodes, by code.");
    }

    public void SocketOpened() => _sockets.Add(1);

    public void SocketClosed() => _sockets.Add(-1);

    public void MeetingOpened() => _meetings.Add(1);

    public void MeetingClosed() => _meetings.Add(-1);

    public void Received(string type) => _received.Add(1, Tag("type", type));

    public void Rejected(string code) => _errors.Add(1, Tag("code", code));

    public void Created() => _created.Add(1);

    public void Joined(string result, TimeSpan took)
    {
        _joins.Add(1, Tag("result", result));
        _joinSeconds.Record(took.TotalSeconds);
    }

    public void NodeFailed(string code) => _nodeErrors.Add(1, Tag("code", code));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
