using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features;

/// <summary>
/// A participant with a socket on this replica. Belongs to the session's loop, except that any thread may send to the client. Does not own the transport.
/// </summary>
internal sealed class Member(SocketIdentity identity, IClientTransport transport, bool resume, bool slots = false, string? identityKey = null, bool direct = false, bool moves = false, (bool Audio, bool Video) muted = default, bool tunnel = false) : IMediaClient, IAsyncDisposable
{
    /// <summary>More messages than a user writes while the database restarts.</summary>
    private const int MaxQueuedWork = 50;

    private BoundedLoop? _work;

    public SocketIdentity Identity { get; } = identity;

    public string ParticipantId => Identity.ParticipantId;

    public IClientTransport Transport { get; } = transport;

    public bool Resume { get; } = resume;

    public bool Slots { get; } = slots;

    public bool Moves { get; } = moves;

    /// <summary>Whether the client asks for tunnels.</summary>
    public bool WantsTunnels { get; } = tunnel;

    /// <summary>Whether it gets them.</summary>
    public bool UsesTunnels { get; set; }

    /// <summary>The client can connect directly to other participants.</summary>
    public bool Direct { get; } = direct;

    /// <summary>What the client had muted when it joined.</summary>
    public (bool Audio, bool Video) Muted { get; } = muted;

    /// <summary>The client's public key for encryption end to end; null if it cannot encrypt.</summary>
    public string? IdentityKey { get; } = identityKey;

    /// <summary>ID of this connection in presence.</summary>
    public string ConnectionId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The presence entry of this connection.</summary>
    public PresenceEntry? Entry { get; set; }

    /// <summary>The last position that was sent, for each <see cref="OrderedLog{T}"/> whose history was replayed.</summary>
    public Dictionary<object, long> LogPositions { get; } = [];

    public MediaParticipant? Media { get; set; }

    /// <summary>What <c>joined</c> has told the client: media flows only directly.</summary>
    public bool IsPeerToPeer { get; set; }

    /// <summary>
    /// Handles messages that wait for the database, in order, so that they delay neither the meeting nor other messages of the participant. Only for
    /// <see cref="IMeetingFeature.Handle"/>, which one thread at a time calls for a member.
    /// </summary>
    public BoundedLoop Work => _work ??= new BoundedLoop(MaxQueuedWork, _ => { });

    public void Send(ServerMessage message) => Transport.Send(message);

    /// <summary>Tells the client that the participant cannot be in the meeting, by default because a host removed it, and closes the connection.</summary>
    public void CloseAsRemoved(string reason = "removed")
    {
        Send(new RemovedMessage(reason));
        Transport.Close(CloseCode.Rejected, reason);
    }

    /// <summary>Tells a client that cannot encrypt why it is not in the meeting, and closes the connection.</summary>
    public void CloseAsUnableToEncrypt()
    {
        // Clients of earlier versions do not know the error and connect again, unless they are removed.
        Send(new ErrorMessage(ErrorCode.EncryptionRequired, "This meeting is encrypted end to end, and this client did not announce 'e2ee' in 'capabilities'. Use a client that can encrypt."));
        CloseAsRemoved("encryption-required");
    }

    /// <summary>Completes when the queued work is done.</summary>
    public ValueTask DisposeAsync() => _work?.DisposeAsync() ?? ValueTask.CompletedTask;
}
