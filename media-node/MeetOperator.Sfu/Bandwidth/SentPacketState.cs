namespace MeetOperator.Sfu.Bandwidth;

/// <summary>What feedback has reported about a sent packet.</summary>
internal enum SentPacketState : byte
{
    /// <summary>No feedback covers the packet yet.</summary>
    Unreported,

    /// <summary>Feedback reports the packet as not received. A packet that arrives late changes to <see cref="Received"/>.</summary>
    Lost,

    /// <summary>Feedback reports the arrival. This is final, so repeated feedback has no effect.</summary>
    Received,
}
