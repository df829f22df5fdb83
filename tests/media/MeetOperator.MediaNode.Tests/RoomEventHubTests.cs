using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A reader of events that does not read must cost next to nothing, and must be able to know why it was cut off.</summary>
public sealed class RoomEventHubTests
{
    private readonly RoomEventHub _hub = new();

    [Fact]
    public async Task Publish_ReaderThatDoesNotRead_IsCutOffWithTheReasonAndHoldsNothing()
    {
        using var slow = _hub.Open([Speaking("alice")]);
        using var other = _hub.Open([]);
        for (var i = 0; i <= RoomEventReader.MaxWaiting; i++)
        {
            _hub.Publish(Speaking("bob"));
            Assert.True(other.TryRead(out _));
        }

        Assert.Equal(1, _hub.ReaderCount);
        Assert.True(slow.TryRead(out var last));
        Assert.Equal((RoomEventTypes.CutOff, "slow-reader"), (last.Type, last.Reason));
        Assert.False(await slow.WaitToReadAsync(default));
        Assert.False(slow.TryRead(out _));
    }

    [Fact]
    public void Publish_OffersThatNobodyTook_OnlyTheNewestOfEachParticipantWaits()
    {
        using var reader = _hub.Open([]);
        for (var revision = 1; revision <= 3 * RoomEventReader.MaxWaiting; revision++)
        {
            _hub.Publish(Offer("alice", revision));
            _hub.Publish(Offer("bob", revision));
        }

        Assert.Equal([("alice", 3 * RoomEventReader.MaxWaiting), ("bob", 3 * RoomEventReader.MaxWaiting)], Read(reader).Select(e => (e.ParticipantId!, e.Revision!.Value)));
        _hub.Publish(Offer("alice", 1_000_000));
        Assert.Equal(1_000_000, Assert.Single(Read(reader)).Revision);
    }

    [Fact]
    public void Publish_OfferToSomebodyWhoCameAgain_StaysBehindTheirLeaving()
    {
        using var reader = _hub.Open([]);
        _hub.Publish(Offer("alice", 1));
        _hub.Publish(new RoomEvent { Type = RoomEventTypes.ParticipantLeft, ParticipantId = "alice" });
        _hub.Publish(Offer("alice", 2));

        Assert.Equal([RoomEventTypes.Offer, RoomEventTypes.ParticipantLeft, RoomEventTypes.Offer], Read(reader).Select(e => e.Type));
    }

    [Fact]
    public void Open_TooManyReaders_IsRefused()
    {
        var readers = Enumerable.Range(0, RoomEventHub.MaxReaders).Select(_ => _hub.Open([])).ToList();

        Assert.Equal("full", Assert.Throws<Refusal>(() => _hub.Open([])).Code);

        _hub.Close(readers[0]);
        using var again = _hub.Open([]);
        readers.ForEach(r => r.Dispose());
    }

    /// <summary>A signaling process that is suspended: its socket stays open, and nobody reads it.</summary>
    [Fact]
    public async Task Stream_ReaderThatIsSuspended_LosesItsStreamAndOthersGoOn()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var suspended = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await suspended.ConnectAsync(IPAddress.Loopback, node.Address.Port);
        await suspended.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/rooms/r/events HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {TestNode.Token}\r\n\r\n"));
        await using var events = await RoomEvents.OpenAsync(node.Control, "r");
        var room = Assert.Single(node.Host.Rooms.Rooms);
        await SyntheticPeer.UntilAsync("both read", () => room.Events.ReaderCount == 2);

        var text = new string('x', 10_000);
        var published = 0;
        await SyntheticPeer.UntilAsync("the suspended one is cut off", () =>
        {
            // As fast as the other one reads, so that only who does not read falls behind.
            for (var i = 0; i < 500 && published - events.All.Count < 1000; i++)
            {
                published++;
                room.Events.Publish(new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = text });
            }

            return room.Events.ReaderCount == 1;
        });
        await events.UntilAsync("the other one has all", e => e.All.Count >= published);

        // Resumed within the moment that it is given, it reads why; later it finds the connection closed.
        var seen = new StringBuilder();
        await SyntheticPeer.UntilAsync("its stream has ended", () => Drain(suspended, seen) || seen.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        Assert.False(events.HasEnded);
    }

    [Fact]
    public async Task Stream_AbortedBeforeTheLoopComesToIt_LeavesNoReaderBehind()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        var room = Assert.Single(node.Host.Rooms.Rooms);
        using var release = new ManualResetEventSlim();
        var holding = room.Loop.RunAsync(() => release.Wait(TimeSpan.FromSeconds(60)), default);
        using var aborted = new CancellationTokenSource();
        var stream = RoomEventStream.WriteAsync(new DefaultHttpContext { RequestAborted = aborted.Token }, node.Host.Rooms, "r");

        await aborted.CancelAsync();
        release.Set();

        Assert.True(await holding);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream);
        Assert.Equal(0, await room.Loop.RunAsync(() => room.Events.ReaderCount, default));
    }

    /// <summary>True when the connection is closed.</summary>
    private static bool Drain(Socket socket, StringBuilder seen)
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (socket.Available > 0)
            {
                var length = socket.Receive(buffer);
                seen.Clear().Append(Encoding.ASCII.GetString(buffer, Math.Max(0, length - 200), Math.Min(200, length)));
            }

            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static List<RoomEvent> Read(RoomEventReader reader)
    {
        var events = new List<RoomEvent>();
        while (reader.TryRead(out var roomEvent))
        {
            events.Add(roomEvent);
        }

        return events;
    }

    private static RoomEvent Speaking(string participant) => new() { Type = RoomEventTypes.Speaking, ParticipantId = participant };

    private static RoomEvent Offer(string participant, int revision) => new() { Type = RoomEventTypes.Offer, ParticipantId = participant, Revision = revision };
}
