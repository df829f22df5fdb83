using System.Net;
using System.Runtime.CompilerServices;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Streams;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What a media node does with authentic TCP connections for which it has no place, or that their loop does not take. Real sockets.</summary>
[Collection(ExclusiveCollection.Name)]
public sealed class StreamLimitTests : IAsyncLifetime
{
    private const int Max = 8;
    private const int MaxOfAddress = 5;
    private readonly Dictionary<string, SyntheticPeer> _people = [];
    private readonly List<TestStream> _streams = [];
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { TcpPort = 0, SilenceTimeout = TimeSpan.FromMinutes(5), MaxTcpConnections = Max, MaxTcpConnectionsOfAddress = MaxOfAddress });
        foreach (var (room, tenant) in new[] { ("a1", "a"), ("a2", "a"), ("b", "b"), ("old1", null), ("old2", null) })
        {
            await _node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1, Tenant = tenant }, default);
            var person = _people[room] = new SyntheticPeer();
            var answer = await _node.Control.PublishAsync(room, "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(person) }, default);
            person.Connect(answer.Sdp);
        }

        await SyntheticPeer.UntilAsync("all are connected", () => _people.Values.All(person => person.IsConnected), [.. _people.Values]);
    }

    public async Task DisposeAsync()
    {
        _streams.ForEach(stream => stream.Dispose());
        foreach (var person in _people.Values)
        {
            person.Dispose();
        }

        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Open_TenantHasItsShare_RefusesItAndNobodyElse()
    {
        for (var i = 0; i < Max / 2; i++)
        {
            Assert.True(await IsTakenAsync(i % 2 == 0 ? "a1" : "a2"));
        }

        Assert.False(await IsTakenAsync("a1"));
        Assert.False(await IsTakenAsync("a2"));
        Assert.True(await IsTakenAsync("b"));
        Assert.Equal((2, Max / 2 + 1), (_node.Host.Streams.Of(StreamEnd.TooManyOfTenant), _node.Host.Streams.Open));
        Assert.Contains("meet_tcp_ended_connections_total{reason=\"TooManyOfTenant\"} 2", await _node.Http.GetStringAsync(new Uri(_node.Address, "metrics")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ConnectionOfTheTenantEnds_TakesAnother()
    {
        for (var i = 0; i < Max / 2; i++)
        {
            Assert.True(await IsTakenAsync("a1"));
        }

        Assert.False(await IsTakenAsync("a1"));
        _streams[0].Dispose();
        await SyntheticPeer.UntilTrueAsync("it has ended", () => Task.FromResult(_node.Host.Streams.Open == (Max / 2) - 1));
        Assert.True(await IsTakenAsync("a1"));
    }

    /// <summary>Operators of earlier versions do not send the tenant of a room.</summary>
    [Fact]
    public async Task Open_TenantIsNotKnown_LimitsTheRoom()
    {
        for (var i = 0; i < Max / 2; i++)
        {
            Assert.True(await IsTakenAsync("old1"));
        }

        Assert.False(await IsTakenAsync("old1"));
        Assert.True(await IsTakenAsync("old2"));
    }

    [Fact]
    public async Task Put_RoomWithANameThatNoTenantHas_IsRejected()
    {
        foreach (var tenant in new[] { string.Empty, new string('a', RoomSpec.MaxTenantLength + 1) })
        {
            var rejected = await Assert.ThrowsAsync<NodeControlException>(() => _node.Control.PutRoomAsync("new", new RoomSpec { Generation = 1, Tenant = tenant }, default));
            Assert.Equal("invalid-request", rejected.Code);
        }
    }

    [Fact]
    public async Task Open_AddressHasItsShare_RefusesItAndNobodyElse()
    {
        foreach (var room in new[] { "a1", "a2", "b", "old1", "old2" })
        {
            Assert.True(await IsTakenAsync(room));
        }

        Assert.False(await IsTakenAsync("b"));
        Assert.True(await IsTakenAsync("b", from: IPAddress.Parse("127.0.0.2")));
        Assert.Equal(1, _node.Host.Streams.Of(StreamEnd.TooManyOpenOfAddress));
    }

    /// <summary>Connections from many addresses, each with as many as it may have, while a client's check takes its time.</summary>
    [Fact]
    public async Task Open_SlowClientInAFlood_IsTaken()
    {
        var slow = Open(IPAddress.Parse("127.0.0.3"));
        for (var i = 0; i < 2 * UnauthenticatedStreams.Max; i++)
        {
            Open(IPAddress.Parse($"127.0.1.{1 + (i % 20)}"));
        }

        await SyntheticPeer.UntilTrueAsync("the flood has arrived", () => Task.FromResult(_node.Host.Streams.Accepted > 2 * UnauthenticatedStreams.Max));
        slow.Send(_people["a1"].CheckToForge());

        await SyntheticPeer.UntilTrueAsync("an answer", () => Task.FromResult(slow.TryReceive(out _)));
        Assert.InRange(_node.Host.Streams.Of(StreamEnd.TooManyUnauthenticated), UnauthenticatedStreams.Max / 2, 2 * UnauthenticatedStreams.Max);
    }

    /// <summary>Otherwise, its connections would take the places of all others.</summary>
    [Fact]
    public async Task HandOver_LoopStandsStill_ClosesTheConnectionAfterFiveSeconds()
    {
        await using (await HeldLoop.HoldAsync(_node.Host.Loops[0]))
        {
            var stream = Open(IPAddress.Loopback);
            stream.Send(_people["a1"].CheckToForge());
            await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(stream.HasEnded()));
        }

        Assert.Equal((1, 0), (_node.Host.Streams.Of(StreamEnd.NotTaken), _node.Host.Streams.Open));
        for (var i = 0; i < Max / 2; i++)
        {
            Assert.True(await IsTakenAsync("a1")); // it has left no place taken
        }
    }

    /// <summary>Rejecting an invalid packet takes the loop longer than sending it takes the client. However many connections send such packets, datagrams and timers are handled in between.</summary>
    [Fact]
    public async Task Receive_ManyConnectionsFullOfGarbage_ReadsOnlySomeBeforeOthersHaveTheirTurn()
    {
        foreach (var room in _people.Keys)
        {
            Assert.True(await IsTakenAsync(room)); // authentic
        }

        var frame = TestCheck.Frame([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, .. new byte[24]]);
        byte[] garbage = [.. Enumerable.Repeat(frame, 400).SelectMany(bytes => bytes)];
        var (loop, all) = (_node.Host.Loops[0], _people.Count * garbage.Length);
        var (inFirstTurn, inAll) = await loop.RunAsync(
            () =>
            {
                _streams.ForEach(stream => stream.SendRaw(garbage));
                var before = loop.Streams.ReceivedBytes;
                loop.Streams.Receive(MonotonicClock.NowTicks);
                var first = loop.Streams.ReceivedBytes - before;
                for (var turn = 1; turn < _people.Count; turn++)
                {
                    loop.Streams.Receive(MonotonicClock.NowTicks);
                }

                return (first, loop.Streams.ReceivedBytes - before);
            },
            default);

        Assert.InRange(inFirstTurn, garbage.Length, all - garbage.Length);
        Assert.Equal(all, inAll); // each has its turn
        Assert.Equal(_people.Count, _node.Host.Streams.Open);
    }

    [Fact]
    public async Task HandOver_SessionThrows_ClosesTheConnection()
    {
        var loop = _node.Host.Loops[0];
        var check = _people["a1"].CheckToForge();
        var ufrag = _people["a1"].RemoteUfrag;
        await loop.RunAsync(() => Paths(loop.Peers.FindByUfrag(ufrag)!) = null!, default); // makes the session throw

        var stream = Open(IPAddress.Loopback);
        stream.Send(check);

        await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(stream.HasEnded()));
        Assert.Equal((1, 0), (_node.Host.Streams.Of(StreamEnd.Failed), _node.Host.Streams.Open));
        Assert.Equal(1, await loop.RunAsync(() => loop.Failures.Copy()[nameof(FailureScope.Connection)], default));
        for (var i = 0; i < Max / 2; i++)
        {
            Assert.True(await IsTakenAsync("a2"));
        }
    }

    [Fact]
    public void Dispose_LoopHasNotTakenTheConnection_ClosesIt()
    {
        using var loop = new MediaLoop([IPAddress.Loopback], 0, 65536, NullLogger.Instance); // not started
        var (credentials, counters, sessions) = (IceCredentials.Generate(), new StreamCounters(), new UfragDirectory());
        sessions.Add(loop, credentials, "a");
        var gate = new StreamGate([IPAddress.Loopback], 0, sessions, counters, new StreamPlaces(), new BindingResponder(1), NullLogger.Instance);
        using var stream = new TestStream(new IPEndPoint(IPAddress.Loopback, gate.Port));
        stream.Send(TestCheck.Write($"{credentials.Ufrag}:client", credentials.Password));
        Assert.True(SpinWait.SpinUntil(() => counters.Open == 1, TimeSpan.FromSeconds(60)));

        gate.Dispose();

        Assert.True(SpinWait.SpinUntil(stream.HasEnded, TimeSpan.FromSeconds(60)));
        Assert.Equal((1, 0), (counters.Of(StreamEnd.Shutdown), counters.Open));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_paths")]
    private static extern ref PathGuard Paths(PeerSession session);

    private TestStream Open(IPAddress from)
    {
        var stream = new TestStream(new IPEndPoint(IPAddress.Loopback, _node.Host.TcpPort!.Value), local: from);
        _streams.Add(stream);
        return stream;
    }

    /// <summary>Opens a connection of the person in a room. Returns whether its session has it: it is answered, or closed.</summary>
    private async Task<bool> IsTakenAsync(string room, IPAddress? from = null)
    {
        var stream = Open(from ?? IPAddress.Loopback);
        stream.Send(_people[room].CheckToForge());
        var isAnswered = false;
        await SyntheticPeer.UntilAsync("an answer or the end", () => (isAnswered = stream.TryReceive(out _)) || stream.HasEnded(), [.. _people.Values]);
        return isAnswered;
    }
}
