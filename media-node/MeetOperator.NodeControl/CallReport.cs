namespace MeetOperator.NodeControl;

/// <summary>The result of a test call: a media node publishes and plays media through its own UDP ports.</summary>
public sealed record CallReport
{
    /// <summary>Milliseconds from the start of the call until the first packet of the picture arrived; null when none did.</summary>
    public int? FirstFrameMs { get; init; }

    /// <summary>Why the call failed; null when media arrived.</summary>
    public string? Problem { get; init; }
}
