using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A reader that does not read uses little memory, is cut off and gets the reason.</summary>
public sealed class RoomEventHubTests
{
    private readonly RoomEventHub _hub = new();

    [Fact]
    public async Task Publish_SlowReader_IsCutOffAndItsQueueIsCleared()
    {
        using var slow = _hub.Open([Speaking("alice")]);
        using var other = _hub.Open([]);
        for (var i = 0; i <= RoomEventReader.MaxQueued; i++)
        {
            _hub.Publish(Speaking("bob"));
            Assert.True(other.TryRead(out _));
        }

        Assert.Equal(1, RoomEvents.CountReaders(_hub));
        Assert.True(slow.TryRead(out var last));
        Assert.Equal((RoomEventTypes.CutOff, "slow-reader"), (last.Type, last.Reason));
        Assert.False(await slow.WaitToReadAsync(default));
        Assert.False(slow.TryRead(out _));
    }

    [Fact]
    public void Publish_UnreadOffers_KeepsTheNewestForEachParticipant()
    {
        using var reader = _hub.Open([]);
        for (var revision = 1; revision <= 3 * RoomEventReader.MaxQueued; revision++)
        {
            _hub.Publish(Offer("alice", revision));
            _hub.Publish(Offer("bob", revision));
        }

        Assert.Equal([("alice", 3 * RoomEventReader.MaxQueued), ("bob", 3 * RoomEventReader.MaxQueued)], Read(reader).Select(e => (e.ParticipantId!, e.Revision!.Value)));
        _hub.Publish(Offer("alice", 1_000_000));
        Assert.Equal(1_000_000, Assert.Single(Read(reader)).Revision);
    }

    [Fact]
    public void Publish_OfferAfterRejoin_StaysBehindParticipantLeft()
    {
        using var reader = _hub.Open([]);
        _hub.Publish(Offer("alice", 1));
        _hub.Publish(new RoomEvent { Type = RoomEventTypes.ParticipantLeft, ParticipantId = "alice" });
        _hub.Publish(Offer("alice", 2));

        Assert.Equal([RoomEventTypes.Offer, RoomEventTypes.ParticipantLeft, RoomEventTypes.Offer], Read(reader).Select(e => e.Type));
    }

    [Fact]
    public void Open_TooManyReaders_Throws()
    {
        var readers = Enumerable.Range(0, RoomEventHub.MaxReaders).Select(_ => _hub.Open([])).ToList();

        Assert.Equal("full", Assert.Throws<ControlProblemException>(() => _hub.Open([])).Code);

        _hub.Close(readers[0]);
        using var again = _hub.Open([]);
        readers.ForEach(r => r.Dispose());
    }

    /// <summary>A suspended signaling process keeps its socket open but does not read from it.</summary>
    [Fact]
    public async Task Stream_SuspendedReader_IsCutOffAndOthersContinue()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var suspended = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await suspended.ConnectAsync(IPAddress.Loopback, node.Address.Port);
        await using var secured = new SslStream(new NetworkStream(suspended), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        var caller = TestAuthority.Read(TestNode.Authority.Caller(ControlRole.Signaling));
        await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "node", ClientCertificateContext = caller.Context });
        await secured.WriteAsync(Encoding.ASCII.GetBytes("GET /v1/rooms/r/events HTTP/1.1\r\nHost: node\r\n\r\n"));
        await using var events = await RoomEvents.OpenAsync(node.Control, "r");
        var room = Assert.Single(node.Host.Rooms.Rooms);
        await SyntheticPeer.UntilAsync("both read", () => RoomEvents.CountReaders(room.Events) == 2);

        var text = new string('x', 10_000);
        var published = 0;
        await SyntheticPeer.UntilAsync("the suspended reader is cut off", () =>
        {
            // Publishes only as fast as the other reader reads, so that only the suspended one falls behind.
            for (var i = 0; i < 500 && published - events.All.Count < 1000; i++)
            {
                published++;
                room.Events.Publish(new RoomEvent { Type = RoomEventTypes.Speaking, ParticipantId = text });
            }

            return RoomEvents.CountReaders(room.Events) == 1;
        });
        await events.UntilAsync("the other reader has all events", e => e.All.Count >= published);

        // A reader that resumes within the grace period reads the reason; a later one finds the connection closed.
        await EndAsync(secured).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(events.HasEnded);
    }

    [Fact]
    public async Task Stream_AbortedBeforeTheLoopOpensIt_LeavesNoReader()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        var room = Assert.Single(node.Host.Rooms.Rooms);
        using var release = new ManualResetEventSlim();
        var holding = room.Loop.RunAsync(() => release.Wait(TimeSpan.FromSeconds(60)), default);
        using var aborted = new CancellationTokenSource();
        var stream = RoomEventStream.WriteAsync(new DefaultHttpContext { RequestAborted = aborted.Token }, node.Host.Rooms, "r", () => true);

        await aborted.CancelAsync();
        release.Set();

        Assert.True(await holding);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream);
        Assert.Equal(0, await room.Loop.RunAsync(() => RoomEvents.CountReaders(room.Events), default));
    }

    /// <summary>Reads until the stream or the connection ends.</summary>
    private static async Task EndAsync(Stream stream)
    {
        var buffer = new byte[1 << 16];
        var tail = string.Empty;
        try
        {
            for (int length; !tail.EndsWith("0\r\n\r\n", StringComparison.Ordinal) && (length = await stream.ReadAsync(buffer)) > 0;)
            {
                tail = (tail + Encoding.ASCII.GetString(buffer, 0, length))[^Math.Min(tail.Length + length, 16)..];
            }
        }
        catch (IOException)
        {
            // The connection is closed.
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
