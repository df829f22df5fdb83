using MeetOperator.MediaNode.Links;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>Another media node limits announcements. Those above its limit wait until it allows them.</summary>
public sealed class LinkAnnouncementTests
{
    private const int Tracks = 600;
    private readonly LinkedRooms _rooms = new();
    private readonly List<TestSource> _sources = [];

    public LinkAnnouncementTests()
    {
        _sources.AddRange(Enumerable.Range(0, Tracks).Select(i => new TestSource($"p{i}", TrackSource.Microphone, firstSsrc: 50_000 + (uint)i)));
        Add(_sources);
        _rooms.Run(100);
        Assert.Equal(Tracks, _rooms.Incoming.Tracks.Count);
    }

    /// <summary>A part of the room that stood still and goes on again and again.</summary>
    [Fact]
    public void Add_AnnouncementsAreUsedUp_ArriveWhenAllowedAgain()
    {
        UseUp();
        Assert.InRange(_rooms.Incoming.Tracks.Count, 0, Tracks - 1);

        _rooms.Run(15_000);

        Assert.Equal(Tracks, _rooms.Incoming.Tracks.Count);
        Assert.Equal(0, _rooms.Incoming.Refusals.Total);
    }

    /// <summary>Announcements that were delayed arrive together, and the other end has not allowed more meanwhile than it does in a moment.</summary>
    [Fact]
    public void Add_AnnouncementsArriveTogether_AreAllTaken()
    {
        UseUp();
        _rooms.Run(4_000);
        for (var round = 0; round < 3; round++)
        {
            _rooms.ToRight.DelayTicks = 1_900 * TimeSpan.TicksPerMillisecond;
            _rooms.Run(1_900);
            _rooms.ToRight.DelayTicks = 10 * TimeSpan.TicksPerMillisecond;
            _rooms.Run(2_000);
        }

        _rooms.Run(5_000);

        Assert.Equal(Tracks, _rooms.Incoming.Tracks.Count);
        Assert.Equal(0, _rooms.Incoming.Refusals.Total);
    }

    /// <summary>What was announced just before an interruption arrives after it, with what is announced then. The other end has not allowed more meanwhile than it does in a moment.</summary>
    [Fact]
    public void Add_AfterAnInterruption_IsTaken()
    {
        const int Interruption = 4_900;
        const int UntilNoticed = 1_200;
        _rooms.Run(3_000);
        Again(Tracks);
        Again(Tracks);
        Again(150); // both ends would allow 98 more
        for (var left = Interruption; left > Interruption - UntilNoticed; left -= 50)
        {
            _rooms.ToRight.DelayTicks = left * TimeSpan.TicksPerMillisecond;
            Again(left == Interruption ? Tracks : 0);
        }

        _rooms.ToRight.HasRoom = false;
        _rooms.Run(Interruption - UntilNoticed);
        _rooms.ToRight.HasRoom = true;
        _rooms.ToRight.DelayTicks = TimeSpan.TicksPerMillisecond;
        _rooms.Run(15_000);

        Assert.Equal(Tracks, _rooms.Incoming.Tracks.Count);
        Assert.Equal(0, _rooms.Incoming.Refusals.Total);
    }

    [Fact]
    public void Add_LinkHasNoRoom_WaitsUntilItHas()
    {
        _rooms.ToRight.HasRoom = false;
        var late = new TestSource("late", TrackSource.Microphone, firstSsrc: 40_000);
        _rooms.Outgoing.Add(late.Track, new LinkAnnouncement(1, LinkedRooms.Left, 1));
        _rooms.Run(200);
        Assert.Equal(Tracks, _rooms.Incoming.Tracks.Count);

        _rooms.ToRight.HasRoom = true;
        _rooms.Run(200);
        Assert.Equal(Tracks + 1, _rooms.Incoming.Tracks.Count);
    }

    /// <summary>A change of a track that waits is not lost, and a track that ends while it waits is never announced.</summary>
    [Fact]
    public void Add_ChangesWhileItWaits_IsAnnouncedAsItIsThen()
    {
        UseUp();
        var (muted, ended) = (_sources[^1], _sources[^2]);
        Assert.DoesNotContain(_rooms.Incoming.Tracks, t => t.ParticipantId == muted.Track.Track.ParticipantId);
        muted.Track.Track.SetMuted(true);
        _rooms.Outgoing.SetMuted(muted.Track, true);
        _rooms.Outgoing.Remove(ended.Track);

        _rooms.Run(15_000);

        Assert.True(_rooms.Announcement(muted.Track.Track.ParticipantId).IsMuted);
        Assert.Equal(Tracks - 1, _rooms.Incoming.Tracks.Count);
        Assert.Equal(0, _rooms.Incoming.Refusals.Total);
    }

    [Fact]
    public void Add_MoreTracksThanALinkHas_AreAnnouncedWhenOthersEnd()
    {
        var more = Enumerable.Range(0, LinkIncoming.MaxTracks).Select(i => new TestSource($"m{i}", TrackSource.Microphone, firstSsrc: 100_000 + (uint)i)).ToList();
        more.ForEach(source => _rooms.Outgoing.Add(source.Track, new LinkAnnouncement(1, LinkedRooms.Left, 1)));
        _rooms.Run(3_000);
        Assert.Equal(LinkIncoming.MaxTracks, _rooms.Incoming.Tracks.Count);

        _sources.ForEach(source => _rooms.Outgoing.Remove(source.Track));
        _rooms.Run(15_000);

        Assert.Equal(more.Select(source => source.Track.Track.ParticipantId).Order(), _rooms.Incoming.Tracks.Select(track => track.ParticipantId).Order());
        Assert.Equal(0, _rooms.Incoming.Refusals.Total);
    }

    private void UseUp()
    {
        for (var round = 0; round < 4; round++)
        {
            Again(Tracks);
        }
    }

    /// <summary>Ends a number of tracks, and announces them again.</summary>
    private void Again(int tracks)
    {
        var again = _sources[..tracks];
        again.ForEach(source => _rooms.Outgoing.Remove(source.Track));
        Add(again);
        _rooms.Run(50);
    }

    private void Add(List<TestSource> sources) => sources.ForEach(source => Assert.True(_rooms.Outgoing.Add(source.Track, new LinkAnnouncement(1, LinkedRooms.Left, 1))));
}
