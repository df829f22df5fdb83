using System.Collections;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Something changes while SDP is built or read outside of the loop.</summary>
public sealed class SdpExchangeTests : IAsyncLifetime
{
    private readonly SyntheticPeer _carol = new();
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync()
    {
        _carol.Dispose();
        await _rooms.DisposeAsync();
    }

    [Fact]
    public async Task Publish_AnotherOfferMeanwhile_AnswersInTheSessionOfThat()
    {
        SdpAnswer? other = null;
        await SetCodecsAsync(new ObservedList(() =>
        {
            // The list is read while the answer is built, also that of the other offer.
            if (other is null)
            {
                other = new SdpAnswer { SessionId = "", Sdp = "" };
                other = Publish(TestSdp.Publish(_carol, video: false));
            }
        }));

        var answer = await PublishAsync(TestSdp.Publish(_carol));

        Assert.Equal(other!.SessionId, answer.SessionId);
        Assert.Equal(2, answer.Tracks.Count);
        Assert.Equal((1, 2), (VersionOf(other.Sdp), VersionOf(answer.Sdp)));
        Assert.Equal(1, await _rooms.RunAsync(TwoRooms.Bad, room => Carol(room)!.Sessions.All.Count));
    }

    [Fact]
    public async Task Publish_OtherOffersWithoutEnd_IsRejectedAndChangesNothing()
    {
        var isOther = false;
        var others = 0;
        await SetCodecsAsync(new ObservedList(() =>
        {
            if (!isOther)
            {
                isOther = true;
                Publish(TestSdp.Publish(_carol, video: false));
                others++;
                isOther = false;
            }
        }));

        Assert.Equal("concurrent-requests", (await Assert.ThrowsAsync<NodeControlException>(() => PublishAsync(TestSdp.Publish(_carol)))).Code);
        Assert.InRange(others, 4, 400);
        Assert.Equal("microphone", Assert.Single(await _rooms.RunAsync(TwoRooms.Bad, room => Carol(room)!.Tracks.Describe())).Source);
    }

    [Fact]
    public async Task Publish_NewGenerationMeanwhile_IsRejected()
    {
        var request = new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_carol) };
        var basis = await _rooms.RunAsync(TwoRooms.Bad, room => room.DescribePublish("carol", request));
        var prepared = PublishPreparation.Prepare(basis, request, Parse(request.Sdp));
        await _rooms.Node.Control.PutRoomAsync(TwoRooms.Bad, new RoomSpec { Generation = 2 }, default);

        var rejection = await Assert.ThrowsAsync<ControlProblemException>(() => _rooms.RunAsync(TwoRooms.Bad, room => room.Publish("carol", request, prepared)));

        Assert.Equal("stale-generation", rejection.Code);
        Assert.Null(await _rooms.RunAsync(TwoRooms.Bad, Carol));
    }

    /// <summary>The operator repeats its request for a room.</summary>
    [Fact]
    public async Task Publish_SameRoomPutMeanwhile_IsApplied()
    {
        var spec = new RoomSpec { Generation = 1, Codecs = ["VP8", "opus"] };
        await _rooms.Node.Control.PutRoomAsync(TwoRooms.Bad, spec, default);
        var request = new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_carol) };
        using var prepared = PublishPreparation.Prepare(await _rooms.RunAsync(TwoRooms.Bad, room => room.DescribePublish("carol", request)), request, Parse(request.Sdp));

        await _rooms.Node.Control.PutRoomAsync(TwoRooms.Bad, spec with { Codecs = ["VP8", "opus"] }, default);
        Assert.NotNull(await _rooms.RunAsync(TwoRooms.Bad, room => room.Publish("carol", request, prepared)));

        await _rooms.Node.Control.PutRoomAsync(TwoRooms.Bad, spec with { Codecs = ["opus", "VP8"] }, default);
        Assert.Null(await _rooms.RunAsync(TwoRooms.Bad, room => room.Publish("dave", request, prepared)));
    }

    [Fact]
    public async Task Play_TrackEndsMeanwhile_IsPreparedAgain()
    {
        var request = new PlayRequest { Generation = 1, Sdp = TestSdp.Play(_carol) };
        var basis = await _rooms.RunAsync(TwoRooms.Neighbour, room => room.DescribePlay("carol", request));
        var prepared = PlayPreparation.Prepare(basis, request, Parse(request.Sdp));
        await _rooms.Node.Control.PublishAsync(TwoRooms.Neighbour, "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_rooms.Alice, video: false) }, default);

        Assert.Null(await _rooms.RunAsync(TwoRooms.Neighbour, room => room.Play("carol", request, prepared)));
        Assert.Null(await _rooms.RunAsync(TwoRooms.Neighbour, Carol));
        Assert.Equal("audio", Assert.Single((await _rooms.Node.Control.PlayAsync(TwoRooms.Neighbour, "carol", request, default)).Tracks).Kind);
    }

    [Fact]
    public async Task Answer_SessionReplacedMeanwhile_IsNotAppliedToTheNewOne()
    {
        var subscribe = new SubscribeRequest { Generation = 1 };
        var offer = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Neighbour, "carol", subscribe, default);
        var answer = new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, _carol) };
        var prepared = PreparedReading.Read(await _rooms.RunAsync(TwoRooms.Neighbour, room => room.DescribeOffer("carol", answer)), Parse(answer.Sdp));
        var next = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Neighbour, "carol", subscribe with { Restart = true }, default);

        Assert.Equal(offer.Revision, next.Revision);
        Assert.Null(await _rooms.RunAsync(TwoRooms.Neighbour, room => room.Answer("carol", answer, prepared)));
        Assert.True(await _rooms.RunAsync(TwoRooms.Neighbour, room => Carol(room)!.Sessions.Find<SubscribeSession>()!.IsOutstanding));
    }

    private static NodeParticipant? Carol(NodeRoom room) => room.Participants.SingleOrDefault(p => p.Id == "carol");

    private static SessionDescription Parse(string sdp) => SessionDescription.TryParse(sdp, out var description, out var error) ? description : throw new FormatException(error.ToString());

    /// <summary>The session version in the origin line (RFC 8866 §5.2).</summary>
    private static int VersionOf(string sdp) => int.Parse(sdp.Split('\n').Single(l => l.StartsWith("o=", StringComparison.Ordinal)).Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);

    private Task<bool> SetCodecsAsync(IReadOnlyList<string> codecs) => _rooms.RunAsync(TwoRooms.Bad, room =>
    {
        room.Update(new RoomSpec { Generation = 1, Codecs = codecs });
        return true;
    });

    private Task<SdpAnswer> PublishAsync(string sdp) => _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "carol", new SdpOffer { Generation = 1, Sdp = sdp }, default);

    /// <summary>Publishes while the caller waits. Not for the thread of a loop.</summary>
    private SdpAnswer Publish(string sdp) => Task.Run(() => PublishAsync(sdp)).GetAwaiter().GetResult();

    /// <summary>A list of codecs that calls back whenever it is read.</summary>
    private sealed class ObservedList(Action read) : IReadOnlyList<string>
    {
        public int Count
        {
            get
            {
                read();
                return 1;
            }
        }

        public string this[int index] => "VP8";

        public IEnumerator<string> GetEnumerator()
        {
            read();
            return Enumerable.Repeat("VP8", 1).GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
