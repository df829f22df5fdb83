using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The loop allocates no managed memory for a packet that arrives.</summary>
public sealed class LoopAllocationTests : IAsyncLifetime
{
    private const int Batches = 100;
    private const int AtOnce = 40;
    private readonly SyntheticPeer _publisher = new();
    private readonly SyntheticPeer _marker = new();
    private readonly AllocationMarks _marks = new();
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync()
    {
        _publisher.Dispose();
        _marker.Dispose();
        await _rooms.DisposeAsync();
    }

    [Fact]
    public async Task OnRtp_ManyPackets_AllocatesNothing()
    {
        await _rooms.PublishAsync(TwoRooms.Bad, "alice", _publisher);
        await _rooms.OpenAsync(_marks, _marker);
        await SyntheticPeer.UntilAsync("the session for marks is connected", () => _marker.IsConnected, _marker);
        await SendAsync();
        var received = await ReceivedAsync();

        var allocated = await SendAsync();

        Assert.True(await ReceivedAsync() - received >= Batches * AtOnce);
        Assert.InRange(allocated.Count(bytes => bytes > 0), 0, 5); // a few times for something else; for a packet, never
    }

    /// <summary>The publisher is on TCP, and so is one who receives it.</summary>
    [Fact]
    public async Task OnRtp_ManyPacketsOverTcp_AllocatesNothing()
    {
        using var bob = new SyntheticPeer { IsBehindFirewall = true };
        _publisher.IsBehindFirewall = true;
        await _rooms.PublishAsync(TwoRooms.Bad, "alice", _publisher);
        var offer = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Bad, "bob", new SubscribeRequest { Generation = 1 }, default);
        await _rooms.Node.Control.AnswerAsync(TwoRooms.Bad, "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        await _rooms.OpenAsync(_marks, _marker);
        await SyntheticPeer.UntilAsync("the session for marks and bob are connected", () => _marker.IsConnected && bob.IsConnected, _marker, bob, _publisher);
        await SendAsync(bob);
        var received = bob.Rtp.Count;

        var allocated = await SendAsync(bob);

        Assert.InRange(bob.Rtp.Count - received, AtOnce, Batches * AtOnce); // on a busy machine, bob reads too slowly for all of them
        Assert.InRange(allocated.Count(bytes => bytes > 0), 0, Batches / 4); // timers of three connections run between the marks, which come over UDP; for a packet, never
    }

    /// <summary>Returns the bytes that the loop allocated for each batch: between the packets before and after those of the publisher. Meanwhile, it gets no commands.</summary>
    private async Task<List<long>> SendAsync(params SyntheticPeer[] others)
    {
        var allocated = new List<long>();
        for (var batch = 0; batch < Batches; batch++)
        {
            var before = _marks.Count;
            _marker.SendRtp(1, 96, 0, [1], marker: true);
            for (var i = 0; i < AtOnce; i++)
            {
                _publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2], marker: true);
            }

            _marker.SendRtp(1, 96, 0, [1], marker: true);
            await SyntheticPeer.UntilAsync("the packets have arrived", () => _marks.Count == before + 2, [_marker, _publisher, .. others]);
            allocated.Add(_marks.Difference);
        }

        return allocated;
    }

    private Task<long> ReceivedAsync() => _rooms.OnLoopAsync(() => _rooms.Loop.Statistics().ReceivedDatagrams);

    /// <summary>What the loop's thread has allocated when each packet of a session arrives.</summary>
    private sealed class AllocationMarks : IPeerSessionOwner
    {
        private long _last;
        private long _difference;
        private int _count;

        public int Count => Volatile.Read(ref _count);

        /// <summary>Between the last two packets.</summary>
        public long Difference => Volatile.Read(ref _difference);

        public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            Volatile.Write(ref _difference, allocated - _last);
            _last = allocated;
            Volatile.Write(ref _count, _count + 1);
            return ReceivedMedia.Active;
        }

        public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet)
        {
            // Only packets are marks.
        }

        public void OnStateChanged(PeerSession session, PeerTransportState state)
        {
            // Only packets are marks.
        }

        public long HandleTimeout(long nowTicks) => long.MaxValue;

        public void OnFailure(PeerSession session)
        {
            // It does not fail.
        }
    }
}
