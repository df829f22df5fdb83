namespace MeetOperator.Sdp;

/// <summary>An <c>a=extmap</c> line (RFC 8285). <see cref="Direction"/> is null when the direction of the section applies.</summary>
public readonly record struct HeaderExtension(int Id, string Uri, MediaDirection? Direction = null)
{
    /// <summary>Returns the line for the answer, with the send and receive directions exchanged (RFC 8285 §6).</summary>
    public HeaderExtension ToAnswer() => this with
    {
        Direction = Direction switch
        {
            MediaDirection.SendOnly => MediaDirection.RecvOnly,
            MediaDirection.RecvOnly => MediaDirection.SendOnly,
            _ => Direction,
        },
    };
}
