namespace MeetOperator.Signaling.Data.Rows;

/// <summary>The line of one participant: its latest values, and sums over all its reports. Losses are fractions from 0 to 1. Written as what to add to the sums.</summary>
public sealed record QualityLineRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }
    public required string ParticipantId { get; init; }

    /// <summary>Unix milliseconds of the latest report.</summary>
    public long UpdatedAt { get; init; }
    public double? RttMs { get; init; }
    public double SendLoss { get; init; }
    public double ReceiveLoss { get; init; }
    public double SendKbps { get; init; }
    public double ReceiveKbps { get; init; }

    /// <summary>Milliseconds from the join to the first picture; of the latest join that had one.</summary>
    public double? FirstFrameMs { get; init; }

    /// <summary>The latest known path: udp, tcp, relay-udp, relay-tcp, relay-tls, tunnel, p2p or none.</summary>
    public string? Path { get; init; }

    /// <summary>Why it takes no better one: udp-unanswered, udp-not-gathered or direct-unanswered. Null if it is the best, or the client does not know.</summary>
    public string? PathReason { get; init; }
    public long Reports { get; init; }

    /// <summary>The number of reports with a round-trip time.</summary>
    public long RttReports { get; init; }
    public double SumRttMs { get; init; }
    public double SumSendLoss { get; init; }
    public double SumReceiveLoss { get; init; }

    /// <summary>The name of the participant. Read only; null if the participant is unknown.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Adds a later report.</summary>
    public QualityLineRow Add(QualityLineRow later) => later with
    {
        RttMs = later.RttMs ?? RttMs,
        FirstFrameMs = later.FirstFrameMs ?? FirstFrameMs,
        Path = later.Path ?? Path,
        PathReason = later.Path is null ? PathReason : later.PathReason,
        Reports = Reports + later.Reports,
        RttReports = RttReports + later.RttReports,
        SumRttMs = SumRttMs + later.SumRttMs,
        SumSendLoss = SumSendLoss + later.SumSendLoss,
        SumReceiveLoss = SumReceiveLoss + later.SumReceiveLoss,
    };
}
