using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>Two rooms that are joined by a link in memory: clients publish in the left one and view in the right one. Time passes in steps of a millisecond.</summary>
internal sealed class LinkedRooms
{
    public const string Left = "meet-default/left";
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private readonly List<TestSource> _sources = [];
    private readonly SsrcSequence _ssrcs = new();
    private uint _nextSsrc = 10_000;

    public LinkedRooms(int seed = 1)
    {
        ToRight = new SimulatedLinkEnd(seed, () => Now);
        ToLeft = new SimulatedLinkEnd(seed + 1, () => Now);
        Outgoing = new LinkOutgoing(ToRight, _ssrcs.Next);
        Incoming = new LinkIncoming(ToLeft, Owner, LinkEnd.OfNode(Left), ownSsrc: 2);
        Open();
    }

    public long Now { get; private set; } = TimeSpan.TicksPerHour;

    /// <summary>What the left room sends.</summary>
    public SimulatedLinkEnd ToRight { get; }

    /// <summary>What the right room sends.</summary>
    public SimulatedLinkEnd ToLeft { get; }

    public LinkOutgoing Outgoing { get; set; }

    public LinkIncoming Incoming { get; }

    /// <summary>The right room.</summary>
    public CarryAll Owner { get; } = new();

    public Func<uint> NextSsrc => _ssrcs.Next;

    public TestSource Publish(TrackSource source, string participant = "alice", int layers = 1, bool isEncrypted = false)
    {
        var published = new TestSource(participant, source, _nextSsrc += 100, layers, isEncrypted);
        _sources.Add(published);
        Assert.True(Outgoing.Add(published.Track, new LinkAnnouncement(1, Left, 1)));
        return published;
    }

    /// <summary>Ends a client of the left room.</summary>
    public void Unpublish(TestSource source)
    {
        source.Track.Track.Close();
        _sources.Remove(source);
        Outgoing.Remove(source.Track);
    }

    /// <summary>A client of the right room views the only track of a participant.</summary>
    public TestViewer View(string participant = "alice", TrackView view = default) => new(Relayed(participant), () => Now, view);

    /// <summary>The track of the right room.</summary>
    public PublishedTrack Relayed(string participant = "alice") => Assert.Single(Owner.Tracks, track => track.Track.ParticipantId == participant);

    /// <summary>The announcement of a participant's only track.</summary>
    public TrackAddedMessage Announcement(string participant = "alice") => Assert.Single(Incoming.Tracks, track => track.ParticipantId == participant).Announcement;

    /// <summary>Opens a new channel. What is on its way is lost.</summary>
    public void Open()
    {
        ToRight.Clear();
        ToLeft.Clear();
        Outgoing.Open();
        Incoming.Open(Now);
    }

    public void Run(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            Now += Millisecond;
            foreach (var source in _sources)
            {
                source.Step(Now);
            }

            Deliver();
            if (Now / Millisecond % 5 == 0)
            {
                Outgoing.HandleTimeout(Now);
                Incoming.HandleTimeout(Now);
            }
        }
    }

    private void Deliver()
    {
        while (ToRight.TryReceiveMessage(out var message))
        {
            Incoming.OnMessage(Now, message);
        }

        while (ToLeft.TryReceiveMessage(out var message))
        {
            Assert.True(DemandMessage.TryRead(message, out var demand));
            Outgoing.OnDemand(demand);
        }

        while (ToRight.TryReceive(out var packet, out var isRtcp))
        {
            if (isRtcp)
            {
                Incoming.OnRtcp(Now, packet, Now);
            }
            else
            {
                Incoming.OnRtp(Now, packet, Now);
            }
        }

        while (ToLeft.TryReceive(out var packet, out _))
        {
            Outgoing.OnRtcp(Now, packet, Now);
        }
    }
}
