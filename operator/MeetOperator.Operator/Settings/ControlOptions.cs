namespace MeetOperator.Operator.Settings;

/// <summary>The Secrets of the NodeControl authority and the certificates it issues, all in the operator's namespace.</summary>
public sealed record ControlOptions
{
    /// <summary>MEET_CONTROL_AUTHORITY: Secret with the authority that issues the certificates of operator, signaling and media nodes.</summary>
    public string AuthoritySecret { get; init; } = "meet-control-ca";

    /// <summary>MEET_CONTROL_SIGNALING: Secret with the client certificate that signaling uses to call media nodes.</summary>
    public string SignalingSecret { get; init; } = "meet-control-signaling";

    /// <summary>MEET_CONTROL_METRICS: Secret with the client certificate that Prometheus uses to scrape media nodes.</summary>
    public string MetricsSecret { get; init; } = "meet-control-metrics";
}
