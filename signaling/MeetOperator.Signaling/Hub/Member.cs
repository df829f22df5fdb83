using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>A participant with a socket on this instance. Owned by the session's loop, except for the socket, which any thread may send to.</summary>
public sealed class Member(SocketIdentity identity, ClientSocket socket, bool resume)
{
    public SocketIdentity Identity { get; } = identity;

    public string ParticipantId => Identity.ParticipantId;

    public ClientSocket Socket { get; } = socket;

    public bool Resume { get; } = resume;

    /// <summary>Names this connection in presence.</summary>
    public string ConnectionId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>What presence holds of this connection.</summary>
    public PresenceEntry? Entry { get; set; }

    /// <summary>Chat up to this id has been sent; -1 until the lines of before were.</summary>
    public long ChatCursor { get; set; } = -1;

    public MediaParticipant? Media { get; set; }

    public void Send(ServerMessage message) => Socket.Send(message);
}
