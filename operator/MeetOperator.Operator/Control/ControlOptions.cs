namespace MeetOperator.Operator.Control;

/// <summary>Where the authority of NodeControl and signaling's certificate are kept, both in the operator's namespace.</summary>
public sealed record ControlOptions
{
    /// <summary>MEET_CONTROL_AUTHORITY: Secret with the authority whose certificates operator, signaling and media nodes show each other.</summary>
    public string AuthoritySecret { get; init; } = "meet-control-ca";

    /// <summary>MEET_CONTROL_SIGNALING: Secret with the certificate with which signaling calls media nodes.</summary>
    public string SignalingSecret { get; init; } = "meet-control-signaling";

    /// <summary>MEET_CONTROL_METRICS: Secret with the certificate with which Prometheus asks media nodes for their metrics.</summary>
    public string MetricsSecret { get; init; } = "meet-control-metrics";
}
