using System.Buffers.Binary;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A client that publishes a microphone or a camera to a room. It sends a key frame whenever it is asked for one. The last four bytes of each payload count its packets.</summary>
internal sealed class TestSource : IPeerEgress
{
    public const int FrameMilliseconds = 40;
    public const int PacketsPerFrame = 3;
    private const int AudioMilliseconds = 20;
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private const byte LevelId = 5;
    private readonly Publisher _publisher;
    private readonly uint _firstSsrc;
    private readonly Layer[] _layers;
    private readonly HashSet<uint> _requested = [];

    public TestSource(string participant, TrackSource source, uint firstSsrc, int layers = 1, bool isEncrypted = false)
    {
        var isVideo = source is TrackSource.Camera or TrackSource.Screen;
        _firstSsrc = firstSsrc;
        _layers = [.. Enumerable.Range(0, layers).Select(i => new Layer((ushort)(1000 * (i + 1)), (uint)(5000 * (i + 1))))];
        _publisher = new Publisher(this, ownSsrc: 1);
        var options = new UpTrackOptions
        {
            Mid = "0",
            Kind = isVideo ? MediaKind.Video : MediaKind.Audio,
            Codec = isVideo ? VideoCodec.Vp8 : VideoCodec.Unknown,
            IsEncrypted = isEncrypted,
            ClockRate = isVideo ? 90000 : 48000,
            PayloadType = 120,
            RtxPayloadType = isVideo ? (byte)121 : null,
            Extensions = HeaderExtensionMap.Empty.With(isVideo ? HeaderExtensionKind.VideoOrientation : HeaderExtensionKind.AudioLevel, LevelId),
            Nack = isVideo,
            Layers = [.. Enumerable.Range(0, layers).Select(i => new UpLayerOptions { Rid = layers > 1 ? $"r{i}" : null, Ssrc = firstSsrc + (uint)i })],
        };
        Track = new PublishedTrack(
            new UpTrack(options, participant, source, "track"),
            isVideo ? new RtpCodec { PayloadType = 120, RtxPayloadType = 121, Name = "VP8", ClockRate = 90000 } : new RtpCodec { PayloadType = 120, Name = "opus", ClockRate = 48000, Channels = 2 });
        _publisher.Add(Track.Track);
    }

    public PublishedTrack Track { get; }

    public bool IsReady => true;

    /// <summary>The level of a microphone: 0 (loud) to 127 (silent).</summary>
    public byte Level { get; set; } = 20;

    public bool IsSending { get; set; } = true;

    /// <summary>Whether layers that nobody uses are not sent, as our SDK does.</summary>
    public bool StopsUnusedLayers { get; set; }

    /// <summary>The number of key frames that were sent on all layers.</summary>
    public int KeyFrames { get; private set; }

    /// <summary>The size of the picture of a layer.</summary>
    public static (int Width, int Height) SizeOf(int layer) => (320 << layer, 180 << layer);

    /// <summary>The length of the payload of each packet of a layer.</summary>
    public static int PayloadBytesOf(int layer) => 100 << layer;

    /// <summary>The number of a packet, which is at the end of its payload.</summary>
    public static uint CountIn(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt32BigEndian(payload[^4..]);

    /// <summary>Sends what a client sends in one millisecond.</summary>
    public void Step(long nowTicks)
    {
        var milliseconds = nowTicks / Millisecond;
        if (IsSending && Track.Track.Options.Kind == MediaKind.Audio && milliseconds % AudioMilliseconds == 0)
        {
            SendAudio(nowTicks);
        }
        else if (IsSending && Track.Track.Options.Kind == MediaKind.Video && milliseconds % FrameMilliseconds == 0)
        {
            for (var i = 0; i < _layers.Length; i++)
            {
                if (!StopsUnusedLayers || (Track.Track.RequestedBits >> i & 1) != 0)
                {
                    SendFrame(nowTicks, i);
                }
            }
        }

        if (IsSending && milliseconds % 1000 == 500)
        {
            SendReports(nowTicks);
        }

        if (milliseconds % 5 == 0)
        {
            _publisher.HandleTimeout(nowTicks);
        }
    }

    ReadOnlySpan<byte> IPeerEgress.SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) => [];

    void IPeerEgress.Retransmit(ReadOnlySpan<byte> packet)
    {
    }

    void IPeerEgress.SendRtcp(ReadOnlySpan<byte> compound)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss)
            {
                _requested.Add(feedback.MediaSsrc);
            }
        }
    }

    void IPeerEgress.WakeAt(long ticks)
    {
    }

    void IPeerEgress.Fail(Exception error) => throw new InvalidOperationException("Unexpected failure of a publisher.", error);

    private void SendAudio(long nowTicks) => Send(nowTicks, 0, new byte[60], marker: false);

    private void SendFrame(long nowTicks, int layer)
    {
        var isKey = _requested.Remove(_firstSsrc + (uint)layer);
        KeyFrames += isKey ? 1 : 0;
        for (var i = 0; i < PacketsPerFrame; i++)
        {
            var payload = new byte[PayloadBytesOf(layer)];
            if (i == 0)
            {
                var (width, height) = SizeOf(layer);
                payload[0] = 0x10;
                payload[1] = (byte)(isKey ? 0 : 1);
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(7), (ushort)width);
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(9), (ushort)height);
            }

            Send(nowTicks, layer, payload, marker: i == PacketsPerFrame - 1);
        }
    }

    private void Send(long nowTicks, int index, byte[] payload, bool marker)
    {
        var layer = _layers[index];
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(payload.Length - 4), layer.Count++);
        var packet = new byte[12 + 8 + payload.Length];
        packet[0] = 0x90;
        packet[1] = (byte)((marker ? 0x80 : 0) | 120);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), layer.Sequence++);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), TimestampAt(nowTicks, layer));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), _firstSsrc + (uint)index);
        var writer = new HeaderExtensionWriter(packet.AsSpan(12, 8), twoByte: false);
        writer.Add(LevelId, 1)[0] = Level;
        Assert.Equal(8, writer.Finish());
        payload.CopyTo(packet, 20);
        _publisher.OnRtp(nowTicks, packet);
    }

    private void SendReports(long nowTicks)
    {
        Span<byte> buffer = stackalloc byte[200];
        for (var i = 0; i < _layers.Length; i++)
        {
            var writer = new RtcpWriter(buffer);
            writer.AddSenderReport(_firstSsrc + (uint)i, NtpTime.FromUnixTicks(nowTicks), TimestampAt(nowTicks, _layers[i]), 1, 1);
            _publisher.OnRtcp(nowTicks, writer.Written);
        }
    }

    private uint TimestampAt(long nowTicks, Layer layer) => layer.FirstTimestamp + (uint)(nowTicks / Millisecond * (Track.Track.Options.ClockRate / 1000));

    private sealed class Layer(ushort sequence, uint firstTimestamp)
    {
        public ushort Sequence { get; set; } = sequence;

        public uint FirstTimestamp { get; } = firstTimestamp;

        public uint Count { get; set; }
    }
}
