namespace MeetOperator.Sdp;

/// <summary>An <c>a=extmap</c> line (RFC 8285); <see cref="Direction"/> is null when it is that of the section.</summary>
public readonly record struct HeaderExtension(int Id, string Uri, MediaDirection? Direction = null)
{
    /// <summary>The line that answers this one: who was to send receives (RFC 8285 §6).</summary>
    public HeaderExtension Answered() => this with
    {
        Direction = Direction switch
        {
            MediaDirection.SendOnly => MediaDirection.RecvOnly,
            MediaDirection.RecvOnly => MediaDirection.SendOnly,
            _ => Direction,
        },
    };
}
