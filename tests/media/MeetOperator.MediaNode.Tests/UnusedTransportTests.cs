using System.Reflection;
using System.Runtime.InteropServices;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Transports are created on the threads of requests. Those that the loop does not take are disposed with their native objects.</summary>
[Collection(ExclusiveCollection.Name)]
public sealed class UnusedTransportTests : IAsyncLifetime
{
    private readonly SyntheticPeer _carol = new();
    private TwoRooms _rooms = null!;

    private SdpExchange Exchange => _rooms.Node.Host.Sdp;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync()
    {
        _carol.Dispose();
        await _rooms.DisposeAsync();
    }

    [Fact]
    public async Task Publish_NewSession_UsesTheTransportOfTheRequest()
    {
        var request = new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_carol) };
        using var prepared = PublishPreparation.Prepare(await _rooms.RunAsync(TwoRooms.Bad, room => room.DescribePublish("carol", request)), request, Parse(request.Sdp));

        await _rooms.RunAsync(TwoRooms.Bad, room => room.Publish("carol", request, prepared));

        Assert.Same(prepared.Transport!.Value, await _rooms.RunAsync(TwoRooms.Bad, room => Assert.Single(room.Participants.Single().Sessions.All).Peer.Transport));
        prepared.Dispose();
        Assert.Equal(PeerTransportState.New, prepared.Transport.Value.State);
    }

    [Fact]
    public async Task Subscribe_NewSession_UsesTheSessionOfTheRequest()
    {
        var request = new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 2, Video = 4 } };
        using var prepared = await PrepareAsync(request);

        var offer = await _rooms.RunAsync(TwoRooms.Bad, room => room.Subscribe("carol", request, prepared));

        Assert.Equal(prepared.Session!.Peer.Id, offer!.SessionId);
        Assert.Same(prepared.Session, await _rooms.RunAsync(TwoRooms.Bad, room => Assert.Single(room.Participants.Single().Sessions.All)));
        Assert.Equal(1, offer.Revision);
    }

    /// <summary>The transport with its OpenSSL objects, the session and its sections are not the loop's work.</summary>
    [Fact]
    public async Task Subscribe_Slots_AllocatesLittleOnTheLoop()
    {
        await SubscribeAsync("first");
        var before = await _rooms.OnLoopAsync(GC.GetAllocatedBytesForCurrentThread);
        await SubscribeAsync("second");

        Assert.InRange(await _rooms.OnLoopAsync(GC.GetAllocatedBytesForCurrentThread) - before, 0, 24 * 1024);
    }

    [Fact]
    public async Task Subscribe_ParticipantCameBackMeanwhile_IsPreparedAgain()
    {
        var request = new SubscribeRequest { Generation = 1 };
        using var prepared = await PrepareAsync(request);
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.RemoveParticipant("carol", 1, permanent: false);
            room.Touch("carol", 1);
            return true;
        });

        Assert.Null(await _rooms.RunAsync(TwoRooms.Bad, room => room.Subscribe("carol", request, prepared)));
        Assert.Empty(await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single().Sessions.All));
        AssertFreed(prepared.Transport!, prepared);
    }

    [Fact]
    public async Task Subscribe_SessionOpenedMeanwhile_ReturnsItsOffer()
    {
        var request = new SubscribeRequest { Generation = 1 };
        using var prepared = await PrepareAsync(request);
        var open = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Bad, "carol", request, default);

        Assert.Equal(open.SessionId, (await _rooms.RunAsync(TwoRooms.Bad, room => room.Subscribe("carol", request, prepared)))!.SessionId);
        AssertFreed(prepared.Transport!, prepared);
    }

    /// <summary>The request is cancelled while its command waits for the loop: the session that is open must not be replaced by one without a transport.</summary>
    [Fact]
    public async Task Subscribe_CancelledBeforeItsTurn_ChangesNothing()
    {
        var open = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Bad, "carol", new SubscribeRequest { Generation = 1 }, default);
        var restart = new SubscribeRequest { Generation = 1, Restart = true };
        var prepared = await PrepareAsync(restart);
        AssertFreed(prepared.Transport!, prepared);

        await Assert.ThrowsAsync<OperationCanceledException>(() => _rooms.RunAsync(TwoRooms.Bad, room => room.Subscribe("carol", restart, prepared)));

        var session = Assert.IsType<SubscribeSession>(Assert.Single(await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single().Sessions.All)));
        Assert.Equal((open.SessionId, false), (session.Peer.Id, session.IsReplaced));
        Assert.Equal(3, await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Count));
    }

    [Theory]
    [InlineData("out of date")]
    [InlineData("room gone")]
    [InlineData("error")]
    [InlineData("cancelled")]
    public async Task Exchange_ResultNotTaken_IsDisposed(string reason)
    {
        using var request = new CancellationTokenSource();
        var transports = new List<UnusedTransport>();
        var held = Task.CompletedTask;
        using var release = new ManualResetEventSlim();
        UnusedTransport Prepare(SessionFactory factory)
        {
            var transport = factory.CreateTransport(IceCredentials.Generate());
            transports.Add(transport);
            if (reason == "room gone")
            {
                Task.Run(() => _rooms.Node.Control.DeleteRoomAsync(TwoRooms.Bad, 1, default)).GetAwaiter().GetResult();
            }
            else if (reason == "cancelled")
            {
                held = _rooms.OnLoopAsync(() => release.Wait(TimeSpan.FromSeconds(30)));
                request.CancelAfter(TimeSpan.FromMilliseconds(1));
            }

            return transport;
        }

        var error = await Record.ExceptionAsync(() => Exchange.RunAsync(
            TwoRooms.Bad,
            "alice",
            joins: 1,
            room => room.Sessions,
            Prepare,
            (_, transport) => reason switch
            {
                "error" => throw new InvalidOperationException("error on the loop"),
                "cancelled" => transport.Take(),
                _ => null as PeerTransport,
            },
            request.Token));
        release.Set();
        await held;

        Assert.Equal(
            reason switch { "error" => typeof(InvalidOperationException), "cancelled" => typeof(TaskCanceledException), _ => typeof(ControlProblemException) },
            error?.GetType());
        Assert.NotEmpty(transports);
        Assert.All(transports, transport => AssertFreed(transport, owner: null));
    }

    private static SessionDescription Parse(string sdp) => SessionDescription.TryParse(sdp, out var description, out var error) ? description : throw new FormatException(error.ToString());

    /// <summary>Asserts that <paramref name="owner"/> frees the OpenSSL objects of a transport; without an owner, that they are free.</summary>
    private static void AssertFreed(UnusedTransport transport, IDisposable? owner)
    {
        if (owner is not null)
        {
            var handle = NativeHandle(transport.Value);
            Assert.False(handle.IsClosed);
            owner.Dispose();
            Assert.True(handle.IsClosed);
        }

        Assert.Equal(PeerTransportState.Closed, transport.Value.State);
        Assert.Throws<OperationCanceledException>(transport.Take);
    }

    private static SafeHandle NativeHandle(PeerTransport transport) => (SafeHandle)new[] { "_channel", "_dtls", "_connection", "_ssl" }.Aggregate(
        (object)transport,
        (owner, field) => owner.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(owner)!);

    private async Task<PreparedSubscription> PrepareAsync(SubscribeRequest request) =>
        PreparedSubscription.Prepare(await _rooms.RunAsync(TwoRooms.Bad, room => room.DescribeSubscribe("carol", request)), Slots.SlotLimits.Read(request.Slots));

    private Task SubscribeAsync(string name) =>
        _rooms.Node.Control.SubscribeAsync(TwoRooms.Bad, name, new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 6, Video = 28 } }, default);
}
