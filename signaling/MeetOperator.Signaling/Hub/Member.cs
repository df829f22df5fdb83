using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>A participant with a socket on this instance. Belongs to the session's loop, except that any thread may send to the socket.</summary>
public sealed class Member(SocketIdentity identity, ClientSocket socket, bool resume) : IMediaClient
{
    public SocketIdentity Identity { get; } = identity;

    public string ParticipantId => Identity.ParticipantId;

    public ClientSocket Socket { get; } = socket;

    public bool Resume { get; } = resume;

    /// <summary>ID of this connection in presence.</summary>
    public string ConnectionId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The presence entry of this connection.</summary>
    public PresenceEntry? Entry { get; set; }

    /// <summary>ID of the last chat message that was sent; -1 until the chat history was replayed.</summary>
    public long ChatCursor { get; set; } = -1;

    public MediaParticipant? Media { get; set; }

    public void Send(ServerMessage message) => Socket.Send(message);
}
