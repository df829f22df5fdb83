using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tests.Links;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Two rooms of one meeting that are joined by a link in memory. Clients publish on both. Time passes in steps of a millisecond.</summary>
internal sealed class JoinedRooms
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private readonly List<TestPublication> _sending = [];

    public JoinedRooms(int seed = 1)
    {
        Left = new Side("ns/left", generation: 1);
        Right = new Side("ns/right", generation: 2);
        ToRight = new SimulatedLinkEnd(seed, () => Now);
        ToLeft = new SimulatedLinkEnd(seed + 1, () => Now);
        Left.Link = Left.Links.Add("link", _ => ToRight, LinkEnd.OfNode("ns/right"));
        Right.Link = Right.Links.Add("link", _ => ToLeft, LinkEnd.OfNode("ns/left"));
        OpenChannel();
    }

    public long Now { get; private set; } = TimeSpan.TicksPerHour;

    public Side Left { get; }

    public Side Right { get; }

    public SimulatedLinkEnd ToRight { get; }

    public SimulatedLinkEnd ToLeft { get; }

    /// <summary>The duration of what clients have sent, in milliseconds. Packets count it, so what a client sends on two connections at a time is the same.</summary>
    public uint Milliseconds { get; private set; }

    public TestPublication Publish(Side side, string participant, params TrackSource[] sources)
    {
        var session = new TestPublication(side.Tracks.Join(participant), "VP8", sources).Open(Now).Connect();
        _sending.Add(session);
        return session;
    }

    public void Close(TestPublication session)
    {
        _sending.Remove(session);
        session.Close();
    }

    public TestViewer View(Side side, string participant, TrackSource source) => new(Find(side, participant, source)!, () => Now);

    public PublishedTrack? Find(Side side, string participant, TrackSource source) => side.Tracks.Of([participant]).SingleOrDefault(t => t.Track.Source == source);

    /// <summary>Opens a new channel. What is on its way is lost.</summary>
    public void OpenChannel()
    {
        ToRight.Clear();
        ToLeft.Clear();
        Left.Link.OnChannelOpened(Now);
        Right.Link.OnChannelOpened(Now);
        SetState(LinkState.Up);
    }

    /// <summary>Interrupts the link, or repairs it before its channel has ended. What is on its way is lost, but messages are kept.</summary>
    public void SetState(LinkState state)
    {
        (ToRight.IsReady, ToLeft.IsReady) = (state == LinkState.Up, state == LinkState.Up);
        Left.Link.OnStateChanged(Now, state);
        Right.Link.OnStateChanged(Now, state);
    }

    public void Run(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i++)
        {
            Now += Millisecond;
            Milliseconds++;
            foreach (var session in _sending)
            {
                Send(session);
            }

            Deliver(ToRight, Right.Link);
            Deliver(ToLeft, Left.Link);
            if (Milliseconds % 5 == 0)
            {
                Left.Link.HandleTimeout(Now);
                Right.Link.HandleTimeout(Now);
                _sending.ForEach(s => s.HandleTimeout(Now));
            }
        }
    }

    private void Send(TestPublication session)
    {
        foreach (var source in session.Sources)
        {
            var interval = source == TrackSource.Microphone ? 20u : 40u;
            if (Milliseconds % interval == 0)
            {
                session.Receive(Now, source, isKeyFrame: Milliseconds / interval % 5 == 0, Milliseconds / interval);
            }
        }
    }

    private void Deliver(SimulatedLinkEnd from, RoomLink to)
    {
        while (from.IsReady && from.TryReceiveMessage(out var message))
        {
            to.OnMessage(Now, message);
        }

        while (from.TryReceive(out var packet, out var isRtcp))
        {
            if (!from.IsReady)
            {
                continue;
            }

            if (isRtcp)
            {
                to.OnRtcp(Now, packet, Now);
            }
            else
            {
                to.OnRtp(Now, packet, Now);
            }
        }
    }

    /// <summary>One of the rooms.</summary>
    internal sealed class Side
    {
        public Side(string name, ulong generation)
        {
            Tracks = new RoomTracks(new RoomOrigin { Node = name, Generation = generation });
            Links = new RoomLinks(Tracks, new SsrcSequence().Next);
            Tracks.Removed += t => Closed.Add($"{t.Source} of {t.Track.ParticipantId}");
            Tracks.CarrierChanged += (_, _) => Switches++;
        }

        public RoomTracks Tracks { get; }

        public RoomLinks Links { get; }

        public RoomLink Link { get; set; } = null!;

        /// <summary>The tracks that have closed.</summary>
        public List<string> Closed { get; } = [];

        /// <summary>How often a track has got another carrier.</summary>
        public int Switches { get; private set; }
    }
}
