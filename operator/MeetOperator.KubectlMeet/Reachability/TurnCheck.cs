namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>What the check of one URL of a relay at one address found.</summary>
internal sealed record TurnCheck
{
    /// <summary>The machine or Pod that asked, as <see cref="NetReport.From"/>; null from a Pod, which does not know its cluster node.</summary>
    public string? From { get; init; }

    /// <summary>The pool, as <c>namespace/name</c>.</summary>
    public required string Pool { get; init; }

    public required string Url { get; init; }

    /// <summary>The address and port; null if the name has none.</summary>
    public string? Address { get; init; }

    /// <summary>The step that failed, or Done.</summary>
    public required TurnStep Step { get; init; }

    /// <summary>What happened.</summary>
    public required string Message { get; init; }

    /// <summary>What to do; null if nothing.</summary>
    public string? Fix { get; init; }

    /// <summary>Time until the connection was ready to use, with TLS; null over UDP.</summary>
    public double? ConnectMs { get; init; }

    /// <summary>Time of the allocation, with the challenge.</summary>
    public double? AllocateMs { get; init; }

    /// <summary>Round-trip time to the media node through the relay.</summary>
    public double? RelayMs { get; init; }

    /// <summary>When the certificate ends; null without TLS.</summary>
    public DateTimeOffset? CertificateUntil { get; init; }

    /// <summary>The media node that answered through the relay, or did not.</summary>
    public string? MediaNode { get; init; }

    public bool Ok => Step == TurnStep.Done;
}
