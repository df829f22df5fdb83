namespace MeetOperator.Sfu.Peers;

/// <summary>What a received RTP packet belongs to.</summary>
public enum ReceivedMedia : byte
{
    /// <summary>No track, or the packet is malformed.</summary>
    Unknown,

    /// <summary>A muted track, which nobody gets. Browsers send silence for a muted microphone.</summary>
    Muted,

    /// <summary>A track that can be forwarded.</summary>
    Active,

    /// <summary>A track whose audio exceeds the limit of its rate, so that nobody gets the packet.</summary>
    Excess,
}
