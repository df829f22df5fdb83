namespace MeetOperator.Sdp;

/// <summary>Direction of a media section, seen from whoever wrote it (RFC 8866 §6.7).</summary>
public enum MediaDirection
{
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}
