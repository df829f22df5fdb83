using System.Diagnostics.Metrics;

namespace MeetOperator.Signaling.Metrics;

/// <summary>The metrics of the meter <see cref="MeterName"/>. Thread-safe.</summary>
public sealed class SignalingMetrics
{
    public const string MeterName = "MeetOperator.Signaling";

    private readonly UpDownCounter<long> sockets;
    private readonly UpDownCounter<long> meetings;
    private readonly Counter<long> received;
    private readonly Counter<long> errors;
    private readonly Counter<long> joins;
    private readonly Counter<long> created;
    private readonly Histogram<double> joinSeconds;
    private readonly Counter<long> nodeErrors;

    public SignalingMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        sockets = meter.CreateUpDownCounter<long>("meet_signaling_sockets", description: "Open WebSockets.");
        meetings = meter.CreateUpDownCounter<long>("meet_signaling_meetings", description: "Meetings with a participant on this instance.");
        received = meter.CreateCounter<long>("meet_signaling_messages_total", description: "Messages received from clients, by type.");
        errors = meter.CreateCounter<long>("meet_signaling_message_errors_total", description: "Rejected messages, by error code.");
        joins = meter.CreateCounter<long>("meet_signaling_joins_total", description: "Joins over REST, by result.");
        created = meter.CreateCounter<long>("meet_signaling_meetings_created_total", description: "Meetings created over REST.");
        joinSeconds = meter.CreateHistogram<double>("meet_signaling_join_seconds", "s", "Duration of joins over REST, including the wait for a media node.");
        nodeErrors = meter.CreateCounter<long>("meet_signaling_node_errors_total", description: "Failed calls to media nodes, by code.");
    }

    public void SocketOpened() => sockets.Add(1);

    public void SocketClosed() => sockets.Add(-1);

    public void MeetingOpened() => meetings.Add(1);

    public void MeetingClosed() => meetings.Add(-1);

    public void Received(string type) => received.Add(1, Tag("type", type));

    public void Rejected(string code) => errors.Add(1, Tag("code", code));

    public void Created() => created.Add(1);

    public void Joined(string result, TimeSpan took)
    {
        joins.Add(1, Tag("result", result));
        joinSeconds.Record(took.TotalSeconds);
    }

    public void NodeFailed(string code) => nodeErrors.Add(1, Tag("code", code));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
