using System.Buffers.Binary;
using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Bench.Media;

/// <summary>A room with one camera and one viewer, which measures the delay through the node while something else happens on the same loop: 200 packets a second, evenly spaced.</summary>
internal sealed class SteadyRoom : IDisposable
{
    private const string Room = "steady";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private readonly BenchPeer _camera = new();
    private readonly BenchPeer _viewer;
    private readonly List<(long Sent, double Milliseconds)> _delays = [];
    private readonly CancellationTokenSource _end = new();

    public SteadyRoom() => _viewer = new BenchPeer { OnRtp = OnRtp };

    public async Task ConnectAsync(NodeControlClient node)
    {
        await node.PutRoomAsync(Room, new RoomSpec { Generation = 1 }, default).ConfigureAwait(false);
        _camera.Connect((await node.PublishAsync(Room, "camera", new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(_camera) }, default).ConfigureAwait(false)).Sdp);
        var play = new PlayRequest { Generation = 1, Sdp = BenchSdp.Play(_viewer), Feeds = ["camera"] };
        _viewer.Connect((await node.PlayAsync(Room, "viewer", play, default).ConfigureAwait(false)).Sdp);
        var limit = Stopwatch.StartNew();
        while (!_camera.IsConnected || !_viewer.IsConnected)
        {
            if (limit.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new InvalidOperationException("The steady room did not connect within 30 s.");
            }

            _camera.Pump();
            _viewer.Pump();
            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    /// <summary>Sends until <see cref="End"/>, on a thread of its own.</summary>
    public Task SendAsync() => Task.Factory.StartNew(Send, TaskCreationOptions.LongRunning);

    public void End() => _end.Cancel();

    /// <summary>The delays of the packets sent since then, in milliseconds: the 99th percentile and the maximum. Call it after <see cref="End"/>.</summary>
    public (double P99, double Max) DelaysSince(DateTime utc)
    {
        var since = (utc - DateTime.UnixEpoch).Ticks;
        var sorted = _delays.Where(delay => delay.Sent >= since).Select(delay => delay.Milliseconds).Order().ToList();
        return sorted.Count > 0 ? (sorted[sorted.Count * 99 / 100], sorted[^1]) : throw new InvalidOperationException("The viewer of the steady room received nothing.");
    }

    public void Dispose()
    {
        _end.Dispose();
        _camera.Dispose();
        _viewer.Dispose();
    }

    private void Send()
    {
        Span<byte> payload = stackalloc byte[800];
        payload.Clear();
        payload[0] = 0x10; // VP8: each packet can start a key frame
        var watch = Stopwatch.StartNew();
        for (ushort sequence = 1; !_end.IsCancellationRequested; sequence++)
        {
            while (watch.Elapsed < Interval * sequence && !_end.IsCancellationRequested)
            {
                _camera.Pump();
                _viewer.Pump();
                Thread.Sleep(1);
            }

            BinaryPrimitives.WriteInt64BigEndian(payload[^8..], UnixTicks());
            _camera.SendRtp(new RtpHeader { PayloadType = 96, SequenceNumber = sequence, Timestamp = (uint)(sequence * 450), Ssrc = BenchSdp.VideoSsrc, Marker = true }, payload);
            _camera.Flush();
        }
    }

    private void OnRtp(ReadOnlySpan<byte> packet, long arrivalTicks)
    {
        var sent = BinaryPrimitives.ReadInt64BigEndian(packet[^8..]);
        if (Math.Abs(arrivalTicks - sent) < TimeSpan.TicksPerMinute)
        {
            _delays.Add((sent, (arrivalTicks - sent) / (double)TimeSpan.TicksPerMillisecond));
        }
    }

    private static long UnixTicks() => DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks;
}
