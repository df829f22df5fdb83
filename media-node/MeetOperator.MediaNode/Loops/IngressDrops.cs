namespace MeetOperator.MediaNode.Loops;

/// <summary>Media of connected peers that a loop did not take.</summary>
internal sealed class IngressDrops
{
    /// <summary>RTP packets so large that they might not fit a path once they are rewritten and encrypted for a subscriber.</summary>
    public long TooLarge { get; set; }

    /// <summary>Datagrams of participants who send more than they may.</summary>
    public long OverRate { get; set; }
}
