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
}
