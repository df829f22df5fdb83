namespace MeetOperator.Sfu.Bandwidth;

/// <summary>What the one-way delay shows about the queue of the bottleneck.</summary>
internal enum DelayUsage
{
    Normal,

    /// <summary>The queue grows.</summary>
    Overuse,

    /// <summary>The queue drains.</summary>
    Underuse,
}
