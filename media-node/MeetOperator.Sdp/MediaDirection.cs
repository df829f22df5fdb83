namespace MeetOperator.Sdp;

/// <summary>The direction of a media section from the perspective of the party that wrote it (RFC 8866 §6.7).</summary>
public enum MediaDirection
{
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}
