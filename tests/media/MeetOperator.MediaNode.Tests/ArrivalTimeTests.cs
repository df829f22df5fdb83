using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A loop that reads a batch late still knows when each datagram arrived.</summary>
public sealed class ArrivalTimeTests : IAsyncLifetime
{
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(30);
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Fact]
    public async Task ArrivalTicks_BatchReadLate_AreThoseOfTheKernel()
    {
        using var peer = new SyntheticPeer();
        var owner = new RecordingOwner();
        await _rooms.OpenAsync(owner, peer);
        await SyntheticPeer.UntilAsync("connected", () => peer.IsConnected, peer);
        var sent = new List<(long Before, long After)>();
        await _rooms.InOneBatchAsync(() =>
        {
            for (var i = 0; i < 3; i++)
            {
                var before = MonotonicClock.NowTicks;
                peer.SendRtp(7, 96, 0, [1, 2, 3]);
                var after = MonotonicClock.NowTicks;
                sent.Add((before, after));
                SpinWait.SpinUntil(() => MonotonicClock.NowTicks - after > Gap.Ticks);
            }
        });
        await SyntheticPeer.UntilAsync("three packets", () => owner.Packets.Count == 3, peer);

        // All in one batch, at least 90 ms after the first was sent.
        Assert.Single(owner.Packets.Select(p => p.Now).Distinct());
        Assert.True(owner.Packets[0].Now - sent[0].After > 3 * Gap.Ticks - TimeSpan.TicksPerMillisecond);

        // The kernel stamps a datagram on loopback while it is sent. The two clocks are not read at the same instant, hence the tolerance.
        const long Tolerance = TimeSpan.TicksPerMillisecond;
        Assert.All(sent.Zip(owner.Packets), pair => Assert.InRange(pair.Second.Arrival, pair.First.Before - Tolerance, pair.First.After + Tolerance));
    }

    private sealed class RecordingOwner : IPeerSessionOwner
    {
        public List<(long Now, long Arrival)> Packets { get; } = [];

        public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
        {
            Packets.Add((nowTicks, session.ArrivalTicks));
            return ReceivedMedia.Active;
        }

        public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet)
        {
        }

        public void OnStateChanged(PeerSession session, PeerTransportState state)
        {
        }

        public long HandleTimeout(long nowTicks) => long.MaxValue;

        public void OnFailure(PeerSession session)
        {
        }
    }
}
