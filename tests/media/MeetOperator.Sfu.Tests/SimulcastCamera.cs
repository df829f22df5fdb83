using System.Buffers.Binary;
using System.Numerics;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// A participant with a microphone and a camera whose encoder does what Chromium's does with VP8: three sizes with three frame rates each, 15 pictures a second, a layer that starts some time
/// after it is demanded, and key frames of all running layers for each request and for each layer that starts. The same seed gives the same pictures.
/// </summary>
internal sealed class SimulcastCamera
{
    public const int LayerCount = 3;
    private const long FrameTicks = TimeSpan.TicksPerSecond / 15;
    private const long SoundTicks = 20 * Call.Millisecond;
    private const int SoundBytes = 80;
    private const uint MicrophoneSsrc = 4;
    private const int PacketBytes = 1100;

    /// <summary>The time from a changed demand to the first picture of a layer that starts, without the wait for that picture.</summary>
    private const long StartTicks = 60 * Call.Millisecond;

    /// <summary>Chromium ignores requests that follow a key frame closely.</summary>
    private const long IgnoredTicks = 300 * Call.Millisecond;

    /// <summary>What libvpx repeats: the temporal layer of each picture, its share of the mean size, and whether it has the Y bit.</summary>
    private static readonly (int Layer, double Share, bool IsSync)[] Pattern =
        [(0, 1.6, false), (2, 0.8, true), (1, 0.8, true), (2, 0.8, false), (0, 1.6, false), (2, 0.8, false), (1, 0.8, false), (2, 0.8, false)];
    private static readonly int[] Bits = [150_000, 400_000, 1_150_000];

    /// <summary>The bytes of the key frames with which the encoder starts, when a layer is added. It keeps them small, and the next picture of the lowest temporal layer is larger than usual.</summary>
    private static readonly int[] FirstKeyFrameBytes = [4_000, 9_100, 18_400];
    private static readonly int[] SecondBytes = [6_500, 9_900, 20_000];

    /// <summary>The same of key frames that are requested later.</summary>
    private static readonly int[] KeyFrameBytes = [17_000, 28_000, 33_000];
    private readonly RecordingEgress _upstream = new();
    private readonly Publisher _publisher;
    private readonly Subscriber _other = new(new RecordingEgress());
    private readonly Random _random;
    private readonly Layer[] _layers = [new(), new(), new()];
    private int _running = (1 << LayerCount) - 1;
    private int _demanded = (1 << LayerCount) - 1;
    private long _demandTicks;
    private long _nextFrameTicks;
    private long _nextSoundTicks;
    private long _lastKeyFrameTicks;
    private bool _needsKeyFrames;
    private bool _isStarting = true; // the encoder, with its next picture
    private ushort _soundSequence;
    private int _seenRtcp;

    public SimulcastCamera(string participant, int seed, long now)
    {
        _random = new Random(seed);
        _publisher = new Publisher(_upstream, ownSsrc: 1);
        Camera = new UpTrack(Options(MediaKind.Video, [.. Enumerable.Range(0, LayerCount).Select(i => new UpLayerOptions { Rid = $"{i}", Ssrc = LayerSsrc(i) })]), participant, TrackSource.Camera, "camera-1");
        Microphone = new UpTrack(Options(MediaKind.Audio, [new UpLayerOptions { Ssrc = MicrophoneSsrc }]), participant, TrackSource.Microphone, "microphone-1");
        _publisher.Add(Camera);
        _publisher.Add(Microphone);
        _other.Add(Camera, NarrowCall.Down(NarrowCall.VideoSsrc, null));
        _other.SetViews(_ => TrackView.Of(480, 270)); // somebody with a good line shows the middle layer, so it never stops
        _nextFrameTicks = now + _random.NextInt64(FrameTicks);
        _nextSoundTicks = now + _random.NextInt64(SoundTicks);
    }

    public UpTrack Camera { get; }

    public UpTrack Microphone { get; }

    /// <summary>When the encoder made key frames, and of which layers.</summary>
    public List<(long Ticks, int Layers)> KeyFrames { get; } = [];

    /// <summary>Moves the time to the next millisecond.</summary>
    public void AdvanceTo(long now)
    {
        if (now >= _nextSoundTicks)
        {
            _nextSoundTicks += SoundTicks;
            _publisher.OnRtp(now, Call.Packet(_soundSequence++, (uint)(now * 48 / Call.Millisecond), false, MicrophoneSsrc, 111, null, null, null, new byte[SoundBytes]));
        }

        Follow(now);
        if (now >= _nextFrameTicks)
        {
            _nextFrameTicks += FrameTicks;
            Encode(now);
        }

        _publisher.HandleTimeout(now);
    }

    private static uint LayerSsrc(int layer) => (uint)(100 + layer);

    private static UpTrackOptions Options(MediaKind kind, UpLayerOptions[] layers) => new()
    {
        Mid = kind == MediaKind.Video ? "v" : "a",
        Kind = kind,
        Codec = kind == MediaKind.Video ? VideoCodec.Vp8 : VideoCodec.Unknown,
        ClockRate = kind == MediaKind.Video ? 90_000 : 48_000,
        PayloadType = (byte)(kind == MediaKind.Video ? 96 : 111),
        Extensions = Call.PublisherMap,
        Nack = false,
        Layers = layers,
    };

    /// <summary>Reads the requests for key frames, and starts and stops layers.</summary>
    private void Follow(long now)
    {
        for (; _seenRtcp < _upstream.Rtcp.Count; _seenRtcp++)
        {
            foreach (var packet in new RtcpReader(_upstream.Rtcp[_seenRtcp]))
            {
                _needsKeyFrames |= FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss && now - _lastKeyFrameTicks >= IgnoredTicks
                    && (_running >> (int)(feedback.MediaSsrc - LayerSsrc(0)) & 1) != 0;
            }
        }

        if (Camera.RequestedBits != _demanded)
        {
            (_demanded, _demandTicks) = (Camera.RequestedBits, now);
        }

        if (_running != _demanded && now - _demandTicks >= StartTicks)
        {
            _isStarting |= (_demanded & ~_running) != 0;
            _running = _demanded;
        }
    }

    private void Encode(long now)
    {
        var isStarting = _isStarting;
        var isKeyFrame = _needsKeyFrames || isStarting;
        if (isKeyFrame)
        {
            (_needsKeyFrames, _isStarting, _lastKeyFrameTicks) = (false, false, now);
            KeyFrames.Add((now, _running));
        }

        for (var i = 0; i < LayerCount; i++)
        {
            if ((_running >> i & 1) != 0)
            {
                Encode(now, i, _layers[i], isKeyFrame, isStarting);
            }
        }
    }

    private void Encode(long now, int index, Layer layer, bool isKeyFrame, bool isStarting)
    {
        layer.Position = isKeyFrame ? 0 : layer.Position + 1;
        layer.IsNew = isKeyFrame ? isStarting : layer.IsNew && layer.Position <= Pattern.Length / 2;
        var (temporal, share, isSync) = Pattern[layer.Position % Pattern.Length];
        var usual = Bits[index] / 8.0 / 15 * share;
        var mean = isKeyFrame ? (isStarting ? FirstKeyFrameBytes : KeyFrameBytes)[index]
            : layer.IsNew && temporal == 0 ? SecondBytes[index]
            : usual * (layer.Debt > 0 ? 0.7 : 1);
        var bytes = mean * (0.8 + (0.4 * _random.NextDouble()));
        layer.Debt = Math.Max(0, layer.Debt + bytes - usual);
        layer.Picture = (layer.Picture + 1) & 0x7FFF;
        layer.Base += (byte)(temporal == 0 ? 1 : 0);
        for (var left = Math.Max(40, (int)bytes); left > 0; left -= PacketBytes)
        {
            var isFirst = left == Math.Max(40, (int)bytes);
            var payload = new byte[Math.Clamp(left, 20, PacketBytes)];
            payload[0] = (byte)(isFirst ? 0x90 : 0x80);
            payload[1] = 0xE0;
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(0x8000 | layer.Picture));
            payload[4] = layer.Base;
            payload[5] = (byte)((temporal << 6) | (isSync ? 0x20 : 0));
            payload[6] = (byte)(isFirst && isKeyFrame ? 0 : 1);
            if (isFirst && isKeyFrame && payload.Length >= 16)
            {
                payload.AsSpan(9).Clear();
                (payload[9], payload[10], payload[11]) = (0x9D, 0x01, 0x2A); // the start code of a key frame, its width and height
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(12), (ushort)(240 << index));
                BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(14), (ushort)(135 << index));
            }

            var packet = Call.Packet(layer.Sequence++, (uint)(now * 90 / Call.Millisecond), isKeyFrame, LayerSsrc(index), 96, null, null, null, payload);
            packet[1] |= (byte)(left <= PacketBytes ? 0x80 : 0);
            _publisher.OnRtp(now, packet);
        }
    }

    private sealed class Layer
    {
        public int Position { get; set; }

        /// <summary>Whether the encoder has just started.</summary>
        public bool IsNew { get; set; }

        /// <summary>By how many bytes key frames were larger than an average picture. The pictures after them are smaller by as much.</summary>
        public double Debt { get; set; }

        public int Picture { get; set; }

        public byte Base { get; set; }

        public ushort Sequence { get; set; }
    }
}
