using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Speakers;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// One end of a link of a room: tells the other room what the sessions of this one carry, and offers this one what the other room announces. Used only on the loop's thread.
/// </summary>
internal sealed class RoomLink : ILinkOwner, IRelayedTracks, ILinkCarrier
{
    /// <summary>How long the tracks of the other room wait for a link that is interrupted.</summary>
    private const long InterruptionTicks = 2 * TimeSpan.TicksPerSecond;
    private readonly RoomTracks _tracks;
    private readonly LinkEnd _end;
    private readonly ILinkPeer _peer;
    private readonly Action _onFailed;
    private readonly LinkIncoming _incoming;
    private readonly LinkOutgoing _outgoing;
    private readonly Dictionary<RelayedTrack, AnnouncedTrack> _announced = [];
    private readonly Dictionary<AnnouncedTrack, RelayedTrack> _relayed = [];
    private long? _brokenSinceTicks;

    /// <summary>Whether the room knows nothing of the tracks of the other one, because the link is interrupted for long.</summary>
    private bool _isSuspended;

    /// <summary>The participants whose tracks the link before this one had, until this one works.</summary>
    private IReadOnlyList<string> _lost;

    /// <param name="tracks">The tracks of the room.</param>
    /// <param name="open">Opens the link to the other end, which does not call the owner before it returns.</param>
    /// <param name="end">The other end.</param>
    /// <param name="nextSsrc">Returns an SSRC that is new in the room.</param>
    /// <param name="onFailed">Called when the link has ended after an unexpected error.</param>
    /// <param name="former">The interruption of the link that this one replaces. It goes on until this one works.</param>
    public RoomLink(RoomTracks tracks, Func<RoomLink, ILinkPeer> open, LinkEnd end, Func<uint> nextSsrc, Action onFailed, LinkInterruption former = default)
    {
        (_tracks, _end, _onFailed) = (tracks, end, onFailed);
        (_lost, _brokenSinceTicks, _isSuspended) = (former.Participants ?? [], former.SinceTicks, former.IsLong);
        _peer = open(this);
        _incoming = new LinkIncoming(_peer, this, end, nextSsrc(), InMemory?.Retransmissions);
        _outgoing = new LinkOutgoing(_peer, nextSsrc, end.IsLimited);
    }

    /// <summary>Raised when <see cref="Unreachable"/> has changed because the link was interrupted for long, or works again.</summary>
    public event Action? ReachabilityChanged;

    /// <summary>The participants of the other room whose tracks were lost with the link; empty while it works.</summary>
    public IReadOnlyList<string> Unreachable => _isSuspended ? Others : [];

    /// <summary>The interruption that a link in place of this one takes over.</summary>
    public LinkInterruption Interruption => new(Others, _brokenSinceTicks, _isSuspended);

    /// <summary>What is at the other end.</summary>
    public LinkEndKind Kind => _end.Kind;

    /// <summary>The link to another part of the room; null for one to another media node.</summary>
    public LoopLink? InMemory => _peer as LoopLink;

    public bool IsReady => _brokenSinceTicks is null && _peer.IsReady;

    /// <summary>The limit of what this end sends, in kilobits per second; null for none.</summary>
    public int? MaxKilobitsPerSecond
    {
        get => _outgoing.MaxKilobitsPerSecond;
        set => _outgoing.MaxKilobitsPerSecond = value;
    }

    /// <summary>The tracks that the other room has announced.</summary>
    public int TracksIn => _incoming.Tracks.Count;

    /// <summary>The tracks that this room announces.</summary>
    public int TracksOut => _outgoing.Tracks.Count;

    /// <summary>Messages of the other room that were dropped.</summary>
    public long RefusedMessages => _incoming.Refusals.Total;

    /// <summary>
    /// Announces a track that the other end gets from this one, or what has changed about it, and withdraws any other one: a track that this link carries, and one that the other end gets from
    /// elsewhere.
    /// </summary>
    public void Announce(PublishedTrack track)
    {
        if (AnnouncementOf(track) is { } announcement)
        {
            _outgoing.Add(track, announcement);
        }
        else
        {
            _outgoing.Remove(track);
        }
    }

    /// <inheritdoc cref="LinkOutgoing.HasDue"/>
    public bool HasDue => _outgoing.HasDue;

    /// <inheritdoc cref="LinkOutgoing.SendDue"/>
    public bool SendDue() => _outgoing.SendDue();

    public void Withdraw(PublishedTrack track) => _outgoing.Remove(track);

    public void SetMuted(PublishedTrack track) => _outgoing.SetMuted(track, track.Track.IsMuted);

    /// <summary>Processes one unencrypted RTP packet. May change the buffer.</summary>
    public ReceivedMedia OnRtp(long nowTicks, Span<byte> packet, long arrivalTicks) => _incoming.OnRtp(nowTicks, packet, arrivalTicks);

    /// <summary>Processes one unencrypted compound RTCP packet: reports about what was sent, and about what is received.</summary>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> packet, long arrivalTicks)
    {
        _incoming.OnRtcp(nowTicks, packet, arrivalTicks);
        _outgoing.OnRtcp(nowTicks, packet, arrivalTicks);
    }

    /// <summary>Processes the next message of the ordered channel.</summary>
    public void OnMessage(long nowTicks, ReadOnlySpan<byte> message)
    {
        if (DemandMessage.TryRead(message, out var demand))
        {
            _outgoing.OnDemand(demand);
        }
        else
        {
            _incoming.OnMessage(nowTicks, message);
        }
    }

    /// <summary>A new channel has opened, in which both ends send their full state.</summary>
    public void OnChannelOpened(long nowTicks)
    {
        _incoming.Open(nowTicks);
        _outgoing.Open();
    }

    /// <summary>
    /// The state of the link has changed. After an interruption of two seconds, another carrier continues each track of the other room. A track without one ends, and returns
    /// with the link.
    /// </summary>
    public void OnStateChanged(long nowTicks, LinkState state)
    {
        if (state != LinkState.Up)
        {
            _brokenSinceTicks ??= nowTicks;
            _peer.WakeAt(nowTicks + InterruptionTicks);
            return;
        }

        (_brokenSinceTicks, _lost) = (null, []);
        if (_isSuspended)
        {
            _isSuspended = false;
            foreach (var track in _incoming.Tracks)
            {
                OnAnnounced(track);
            }

            ReachabilityChanged?.Invoke();
        }
    }

    /// <summary>Sends what is due, and returns when to call again.</summary>
    public long HandleTimeout(long nowTicks)
    {
        var next = Math.Min(_incoming.HandleTimeout(nowTicks), _outgoing.HandleTimeout(nowTicks));
        if (_lost.Count > 0)
        {
            _brokenSinceTicks ??= nowTicks;
        }

        if (_isSuspended || _brokenSinceTicks is not { } since)
        {
            return next;
        }

        if (nowTicks - since < InterruptionTicks)
        {
            return Math.Min(next, since + InterruptionTicks);
        }

        Suspend();
        return next;
    }

    /// <summary>The link has ended after an unexpected error.</summary>
    public void OnFailure() => _onFailed();

    /// <summary>Ends the tracks of the other room, or lets other carriers continue them, and closes the link.</summary>
    public void Close(ByeReason reason)
    {
        try
        {
            _outgoing.Close();
            _incoming.Close();
        }
        finally
        {
            (_peer as LinkSession)?.Close(reason);
            InMemory?.Close();
        }
    }

    public void OnAnnounced(RelayedTrack track)
    {
        if (_isSuspended)
        {
            return;
        }

        var (number, generation, origin) = (track.Announcement.Carriage, track.Announcement.OriginGeneration, track.Announcement.Origin);
        var carriage = Kind != LinkEndKind.Node && LinkEnd.IsPart(origin) ? new Carriage(number, generation, _tracks.Origin.Node, origin) : new Carriage(number, generation, origin);
        if (_announced.TryGetValue(track, out var announced))
        {
            (announced.Carriage, announced.Codec, announced.Options, announced.IsMuted) = (carriage, track.Codec, track.Options, track.IsMuted);
        }
        else
        {
            _announced[track] = announced = new AnnouncedTrack(this, track.ParticipantId, track.Source, _incoming.Retransmissions, _tracks.Origin)
            {
                Carriage = carriage,
                Codec = track.Codec,
                Options = track.Options,
                IsMuted = track.IsMuted,
            };
            _relayed[announced] = track;
        }

        _tracks.OnAnnounced(announced);
    }

    public void OnRemoved(RelayedTrack track)
    {
        if (_announced.Remove(track, out var announced))
        {
            _tracks.OnRemoved(announced);
            _relayed.Remove(announced);
        }
    }

    public void OnStarted(RelayedTrack track)
    {
        if (_announced.TryGetValue(track, out var announced))
        {
            _tracks.OnStarted(announced);
        }
    }

    public void OnMuted(RelayedTrack track)
    {
        if (_announced.TryGetValue(track, out var announced))
        {
            announced.IsMuted = track.IsMuted;
            _tracks.OnMuted(announced);
        }
    }

    public void OnHeard(long nowTicks, RelayedTrack track, SpeechState speech) => track.Carried?.Track.SetSpeech(nowTicks, speech);

    public void Await(AnnouncedTrack track) => _incoming.Await(_relayed[track]);

    public void Ignore(AnnouncedTrack track) => _incoming.Ignore(_relayed[track]);

    public void Carry(AnnouncedTrack track, PublishedTrack published) => _incoming.Carry(_relayed[track], published);

    public void Release(PublishedTrack track) => _incoming.Release(track);

    public void Fail(Exception error) => _peer.Fail(error);

    private IReadOnlyList<string> Others => [.. _incoming.Tracks.Select(track => track.ParticipantId).Union(_lost, StringComparer.Ordinal)];

    /// <summary>What the other end is told about a track; null when it does not get the track from this end.</summary>
    private LinkAnnouncement? AnnouncementOf(PublishedTrack track)
    {
        var carrier = (track.Announced?.Link as RoomLink)?.Kind;
        var (number, generation, origin, part) = track.Carriage;
        return (Kind, carrier) switch
        {
            _ when track.Announced?.Link == this => null,
            (LinkEndKind.Node, null or LinkEndKind.Part) => track.IsRelayed && carrier is null ? null : new LinkAnnouncement(number, _tracks.Origin.Node, generation),
            (LinkEndKind.Part, null) when !track.IsRelayed => new LinkAnnouncement(number, LinkEnd.Hub, generation),
            (LinkEndKind.Part, not null) => new LinkAnnouncement(number, part is { Length: > 0 } ? part : origin, generation, Hops: 2),
            (LinkEndKind.Hub, _) when !track.IsRelayed => new LinkAnnouncement(number, _tracks.Origin.Part, generation),
            _ => null,
        };
    }

    private void Suspend()
    {
        _isSuspended = true;
        foreach (var track in _announced.Keys.ToArray())
        {
            OnRemoved(track);
        }

        ReachabilityChanged?.Invoke();
    }
}
