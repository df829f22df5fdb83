using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Media;

/// <summary>The connected participant that a <see cref="MediaParticipant"/> works for.</summary>
internal interface IMediaClient
{
    SocketIdentity Identity { get; }

    /// <summary>Whether the client still has its media sessions from an earlier socket.</summary>
    bool Resume { get; }

    /// <summary>Whether the client can receive changing tracks in one media section.</summary>
    bool Slots { get; }

    /// <summary>Whether the client sends and receives on tunnels, and the meeting allows it.</summary>
    bool UsesTunnels { get; }

    /// <summary>Whether the client knows <c>media-move</c>. Others restart their media instead.</summary>
    bool Moves { get; }

    /// <summary>The participant's presence entry, or null before it is stored.</summary>
    PresenceEntry? Entry { get; }

    /// <summary>Queues a message to the client. Any thread may call it.</summary>
    void Send(ServerMessage message);
}
