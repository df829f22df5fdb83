using System.Runtime.CompilerServices;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A session without a peer that passes on the name of each callback of its room.</summary>
internal sealed class ObservedSession : IRoomSession
{
    private readonly NodeParticipant _participant;
    private readonly Action<string> _onCallback;

    public ObservedSession(NodeRoom room, NodeParticipant participant, Action<string> onCallback)
    {
        (_participant, _onCallback) = (participant, onCallback);
        Peer = room.Sessions.Open(this, new IngressLimit(), new PathGuard(new KnownRelays()), room.Sessions.CreateTransport(IceCredentials.Generate()));
        participant.Sessions.All.Add(this);
    }

    /// <summary>Whether a newer session has replaced this one long ago.</summary>
    public bool IsOutdated { get; init; }

    public PeerSession Peer { get; }

    public string Kind => "play";

    public int DownTracks => Run(0);

    public bool IsReplaced => Run(IsOutdated);

    public bool HasTimedOut(long nowTicks) => Run(IsOutdated);

    public ParticipantReport AddTo(ParticipantReport report) => Run(report);

    public void Close() => Run(true);

    public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet) => ReceivedMedia.Unknown;

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet)
    {
        // It has no peer.
    }

    public void OnStateChanged(PeerSession session, PeerTransportState state)
    {
        // It has no peer.
    }

    public long HandleTimeout(long nowTicks) => long.MaxValue;

    public void OnFailure(PeerSession session) => _participant.Sessions.OnFailure(this);

    private T Run<T>(T result, [CallerMemberName] string callback = "")
    {
        _onCallback(callback);
        return result;
    }
}
