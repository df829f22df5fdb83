namespace MeetOperator.MediaNode.Egress;

/// <summary>What a packet on a TCP connection is. A lower one overtakes the others that have not left yet.</summary>
internal enum StreamLane
{
    /// <summary>Sound, reports, checks and the handshake.</summary>
    Urgent,

    /// <summary>Video.</summary>
    Video,
}
