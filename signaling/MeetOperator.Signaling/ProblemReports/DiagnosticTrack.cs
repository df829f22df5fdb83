namespace MeetOperator.Signaling.ProblemReports;

/// <summary>One track in one interval. Fractions are from 0 to 1.</summary>
internal sealed record DiagnosticTrack
{
    /// <summary>Who sends the track.</summary>
    public string? ParticipantId { get; init; }

    /// <summary>microphone, camera, screen or screen-audio.</summary>
    public string? Source { get; init; }

    /// <summary>send or receive.</summary>
    public string? Direction { get; init; }
    public double? Kbps { get; init; }
    public double? Loss { get; init; }
    public double? JitterMs { get; init; }

    /// <summary>The part of the interval in which the picture stood still.</summary>
    public double? Frozen { get; init; }

    /// <summary>The part of the sound that was concealed.</summary>
    public double? Concealed { get; init; }
    public double? Fps { get; init; }
    public double? Width { get; init; }
    public double? Height { get; init; }
    public string? Codec { get; init; }

    /// <summary>The layers that are sent, by their RID.</summary>
    public IReadOnlyList<string?>? Layers { get; init; }

    /// <summary>What keeps the browser from sending more: bandwidth or cpu.</summary>
    public string? Limitation { get; init; }
}
