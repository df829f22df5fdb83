using System.Collections.Concurrent;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Packets of muted tracks do not keep the timers of rooms running at the interval of media.</summary>
public sealed class MutedMediaTests : IAsyncLifetime
{
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Theory]
    [InlineData(ReceivedMedia.Muted, 190, 10_000)]
    [InlineData(ReceivedMedia.Active, 0, 190)]
    public async Task Ticked_PacketsArrive_RunsAtTheIntervalOfWhatArrives(ReceivedMedia media, int shortest, int longest)
    {
        using var peer = new SyntheticPeer();
        var owner = new Owner(media);
        await _rooms.OpenAsync(owner, peer);
        await SyntheticPeer.UntilAsync("connected", () => peer.IsConnected, peer);
        var ticks = new ConcurrentQueue<(long Now, int Packets)>();
        _rooms.Loop.Ticked += now => ticks.Enqueue((now, owner.Packets));
        await SyntheticPeer.UntilAsync(
            "ten ticks",
            () =>
            {
                peer.SendRtp(7, 111, 0, [1, 2, 3]);
                return ticks.Count >= 10;
            },
            peer);

        // A machine without processor time runs ticks late, but not early.
        var last = ticks.ToArray()[4..10];
        Assert.True(last[^1].Packets > last[0].Packets);
        var gaps = last.Zip(last.Skip(1), (former, next) => (next.Now - former.Now) / TimeSpan.TicksPerMillisecond).ToList();
        Assert.InRange(media == ReceivedMedia.Muted ? gaps.Sum() / gaps.Count : gaps.Min(), shortest, longest);
    }

    private sealed class Owner(ReceivedMedia media) : IPeerSessionOwner
    {
        public int Packets { get; private set; }

        public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
        {
            Packets++;
            return media;
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
