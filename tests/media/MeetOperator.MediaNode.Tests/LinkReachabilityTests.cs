using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.Relay.Transport;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What a room says about participants on another media node while the link to it is interrupted.</summary>
public sealed class LinkReachabilityTests
{
    private readonly JoinedRooms _rooms = new();
    private int _changes;

    public LinkReachabilityTests()
    {
        _rooms.Publish(_rooms.Left, "alice", TrackSource.Microphone, TrackSource.Camera);
        _rooms.Publish(_rooms.Right, "bob", TrackSource.Microphone);
        _rooms.Run(200);
        _rooms.Right.Links.ReachabilityChanged += () => _changes++;
    }

    [Fact]
    public void Unreachable_ShortInterruption_IsEmpty()
    {
        _rooms.SetState(LinkState.Broken);
        _rooms.Run(1_900);
        Assert.Empty(_rooms.Right.Links.Unreachable);
        _rooms.SetState(LinkState.Up);
        _rooms.Run(300);

        Assert.Equal(0, _changes);
    }

    [Fact]
    public void Unreachable_LongInterruption_HasTheOthersUntilTheLinkReturns()
    {
        _rooms.SetState(LinkState.Broken);
        _rooms.Run(2_100);
        Assert.Equal(["alice"], _rooms.Right.Links.Unreachable);
        Assert.Equal(["bob"], _rooms.Left.Links.Unreachable);

        _rooms.OpenChannel();
        _rooms.Run(300);

        Assert.Empty(_rooms.Right.Links.Unreachable);
        Assert.Equal(2, _changes);
    }

    [Fact]
    public void Unreachable_ParticipantPublishesHereMeanwhile_IsNotNamed()
    {
        _rooms.SetState(LinkState.Broken);
        _rooms.Run(2_100);

        _rooms.Publish(_rooms.Right, "alice", TrackSource.Microphone);
        _rooms.Run(300);

        Assert.Empty(_rooms.Right.Links.Unreachable);
    }

    [Fact]
    public void Unreachable_LinkIsRemoved_IsEmpty()
    {
        _rooms.SetState(LinkState.Broken);
        _rooms.Run(2_100);

        _rooms.Right.Links.Remove("link");

        Assert.Empty(_rooms.Right.Links.Unreachable);
        Assert.Equal(2, _changes);
    }

    /// <summary>The operator replaces a link, for example after a restart of the other media node. It is not up before its handshake is over.</summary>
    [Fact]
    public void Unreachable_LinkIsReplacedDuringTheInterruption_HasTheOthersUntilTheNewOneIsUp()
    {
        _rooms.SetState(LinkState.Broken);
        _rooms.Run(2_100);

        Replace();
        _rooms.Run(300);
        Assert.Equal(["alice"], _rooms.Right.Links.Unreachable);
        Replace();
        Assert.Equal(["alice"], _rooms.Right.Links.Unreachable);

        _rooms.OpenChannel();
        _rooms.Run(300);
        Assert.Empty(_rooms.Right.Links.Unreachable);
        Assert.NotNull(_rooms.Find(_rooms.Right, "alice", TrackSource.Microphone));
        _rooms.SetState(LinkState.Broken);
        _rooms.Run(2_100);
        Assert.Equal(["alice"], _rooms.Right.Links.Unreachable);
    }

    [Theory]
    [InlineData(LinkState.Up)]
    [InlineData(LinkState.Broken)]
    public void Unreachable_ReplacementDoesNotOpen_HasTheOthersAfterTwoSeconds(LinkState before)
    {
        _rooms.SetState(before);
        Replace();
        _rooms.Run(1_900);
        Assert.Empty(_rooms.Right.Links.Unreachable);

        _rooms.Run(200);
        Assert.Equal(["alice"], _rooms.Right.Links.Unreachable);
        _rooms.Right.Links.Remove("link");
        Assert.Empty(_rooms.Right.Links.Unreachable);
    }

    [Fact]
    public void Unreachable_ReplacementOpensAtOnce_StaysEmpty()
    {
        Replace();
        _rooms.OpenChannel();
        _rooms.Run(3_000);

        Assert.Empty(_rooms.Right.Links.Unreachable);
        Assert.NotNull(_rooms.Find(_rooms.Right, "alice", TrackSource.Camera));
    }

    private void Replace() => _rooms.Right.Link = _rooms.Right.Links.Add("link", _ => _rooms.ToLeft, LinkEnd.OfNode("ns/left"));
}
