namespace MeetOperator.Signaling.ProblemReports;

/// <summary>How media travels. Has no addresses.</summary>
internal sealed record DiagnosticPath
{
    /// <summary>Whether the other end is another participant and not the media node.</summary>
    public bool? Direct { get; init; }

    /// <summary>The type of the local ICE candidate: host, srflx, prflx, relay or unknown.</summary>
    public string? Type { get; init; }

    /// <summary>udp, tcp, tls or unknown.</summary>
    public string? Protocol { get; init; }
    public double? RttMs { get; init; }
}
