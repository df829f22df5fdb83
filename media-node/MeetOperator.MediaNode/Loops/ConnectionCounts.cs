namespace MeetOperator.MediaNode.Loops;

/// <summary>Counts media sessions of participants since the start of the process. Used only on the loop's thread.</summary>
internal sealed class ConnectionCounts
{
    public long Connected { get; set; }

    /// <summary>Sessions that failed before they were connected; at most one of each room.</summary>
    public long Failed { get; set; }
}
