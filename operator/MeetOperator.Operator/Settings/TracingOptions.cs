using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Settings;

/// <summary>Where media nodes send their spans. The operator's own exporter reads its environment.</summary>
public sealed record TracingOptions
{
    /// <summary>The environment variables OTEL_* of media nodes; empty when tracing is off.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>MEET_TRACING_TO: a JSON list of NetworkPolicy peers that run the collector. Empty: any.</summary>
    public IReadOnlyList<NetworkPolicyPeer> To { get; init; } = [];

    /// <summary>TCP port of the collector; null when tracing is off.</summary>
    public int? Port { get; init; }
}
