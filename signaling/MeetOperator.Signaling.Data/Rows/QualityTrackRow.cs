namespace MeetOperator.Signaling.Data.Rows;

/// <summary>How one participant receives one track: the latest values, and sums over all reports. Fractions are from 0 to 1. Written as what to add to the sums.</summary>
public sealed record QualityTrackRow
{
    public required string Tenant { get; init; }
    public required string MeetingId { get; init; }

    /// <summary>Who receives and reports.</summary>
    public required string ParticipantId { get; init; }

    /// <summary>Who sends.</summary>
    public required string SenderId { get; init; }

    /// <summary>microphone, camera, screen or screen-audio.</summary>
    public required string Source { get; init; }

    /// <summary>Unix milliseconds of the latest report.</summary>
    public long UpdatedAt { get; init; }

    /// <summary>good, weak, poor or paused.</summary>
    public required string Quality { get; init; }
    public double Kbps { get; init; }
    public double Loss { get; init; }
    public double JitterMs { get; init; }

    /// <summary>The part of the time in which the picture stood still.</summary>
    public double Frozen { get; init; }
    public double? FramesPerSecond { get; init; }
    public int? Height { get; init; }
    public long Reports { get; init; }
    public long PoorReports { get; init; }
    public double SumKbps { get; init; }
    public double SumLoss { get; init; }
    public double SumJitterMs { get; init; }
    public double SumFrozen { get; init; }

    /// <summary>Adds a later report.</summary>
    public QualityTrackRow Add(QualityTrackRow later) => later with
    {
        Reports = Reports + later.Reports,
        PoorReports = PoorReports + later.PoorReports,
        SumKbps = SumKbps + later.SumKbps,
        SumLoss = SumLoss + later.SumLoss,
        SumJitterMs = SumJitterMs + later.SumJitterMs,
        SumFrozen = SumFrozen + later.SumFrozen,
    };
}
