using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>One participant with a microphone and a camera in three layers, and subscribers behind lines of their own, in steps of one simulated millisecond.</summary>
internal sealed class NarrowCall
{
    public const uint AudioSsrc = 10;
    public const uint VideoSsrc = 20;
    public const uint RtxSsrc = 21;
    public const byte RedPayloadType = 63;
    public static readonly int[] LayerBits = [150_000, 500_000, 1_700_000];
    private const int FrameMilliseconds = 33;
    private readonly RecordingEgress _upstream = new();
    private readonly Publisher _publisher;
    private readonly bool[] _keyFrames = [true, true, true];
    private readonly ushort[] _sequences = new ushort[4];
    private readonly SharedLine _shared = new();
    private int _seenRtcp;

    public NarrowCall(int layers = 3, string participant = "alice", TrackSource source = TrackSource.Camera)
    {
        _publisher = new Publisher(_upstream, ownSsrc: 1);
        Camera = new UpTrack(Options(MediaKind.Video, [.. Enumerable.Range(0, layers).Select(i => new UpLayerOptions { Rid = layers > 1 ? $"{i}" : null, Ssrc = LayerSsrc(i) })]), participant, source, "camera-1");
        Microphone = new UpTrack(Options(MediaKind.Audio, [new UpLayerOptions { Ssrc = 4 }]), participant, TrackSource.Microphone, "microphone-1");
        _publisher.Add(Camera);
        _publisher.Add(Microphone);
    }

    public long Now { get; private set; } = TimeSpan.TicksPerHour;

    public UpTrack Camera { get; }

    public UpTrack Microphone { get; }

    public List<NarrowLine> Lines { get; } = [];

    /// <summary>How many key frames were asked for.</summary>
    public int KeyFrameRequests { get; private set; }

    /// <summary>The rate of the only layer.</summary>
    public int Bits { get; set; } = LayerBits[2];

    /// <summary>The bytes of a key frame; 0 for a few times those of other frames.</summary>
    public int KeyFrameBytes { get; init; }

    /// <summary>How much larger a key frame is than another frame.</summary>
    public int KeyFrameFactor { get; init; } = 4;

    /// <summary>Whether every second picture can be left out.</summary>
    public bool HasTemporalLayers { get; init; }

    /// <summary>Whether subscribers get the microphone too.</summary>
    public bool HasMicrophone { get; init; } = true;

    /// <summary>The bytes of a frame of sound, of which there are 50 a second.</summary>
    public int SoundBytes { get; init; } = 80;

    /// <summary>Whether subscribers get each frame of sound twice while they lose packets.</summary>
    public bool HasRedundancy { get; init; }

    /// <summary>Whether the microphone hears nothing, and sends two small packets every 400 ms (DTX).</summary>
    public bool IsSilent { get; set; }

    /// <summary>Whether each request for a key frame makes one of each layer, as in Chromium.</summary>
    public bool HasCommonKeyFrames { get; init; }

    /// <summary>Whether the media node sees all subscribers at the same address.</summary>
    public bool HasOneAddress { get; init; }

    /// <summary>Adds a subscriber that gets the camera and the microphone.</summary>
    /// <param name="bitsPerSecond">The rate of its line.</param>
    /// <param name="video">The header extensions of the camera; those of <see cref="NarrowLine.Map"/> if null.</param>
    /// <param name="hasRtx">Whether the client agreed to RTX.</param>
    /// <param name="sendsEstimates">Whether the client sends REMB instead of transport-wide feedback.</param>
    /// <param name="bottleneck">The line whose rate and queue it shares; null for none.</param>
    /// <param name="requestsLost">Whether the client requests lost pictures again and gets redundant sound.</param>
    public NarrowLine Join(long bitsPerSecond, HeaderExtensionMap? video = null, bool hasRtx = true, bool sendsEstimates = false, NarrowLine? bottleneck = null, bool requestsLost = false)
    {
        var line = new NarrowLine(Now, bottleneck) { BitsPerSecond = bitsPerSecond, EstimatesBandwidth = sendsEstimates, RequestsLost = requestsLost };
        var map = sendsEstimates ? HeaderExtensionMap.Empty : NarrowLine.Map;
        if (HasMicrophone)
        {
            line.Subscriber.Add(Microphone, Down(AudioSsrc, null) with { Extensions = map, RedPayloadType = HasRedundancy || requestsLost ? RedPayloadType : null });
        }

        var options = Down(VideoSsrc, RtxSsrc) with { Extensions = video ?? map };
        line.Video = line.Subscriber.Add(Camera, hasRtx ? options : options with { RtxSsrc = null, RtxPayloadType = null });
        line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Of(1280, 720));
        Lines.Add(line);
        return line;
    }

    /// <summary>Adds the camera and the microphone to what a subscriber of another call gets, with SSRCs that are so much higher.</summary>
    public void JoinTo(NarrowLine line, uint ssrcs)
    {
        line.Subscriber.Add(Microphone, Down(AudioSsrc + ssrcs, null) with { RedPayloadType = HasRedundancy ? RedPayloadType : null });
        line.Subscriber.Add(Camera, Down(VideoSsrc + ssrcs, RtxSsrc + ssrcs));
        line.Subscriber.SetViews(_ => Sfu.Allocation.TrackView.Of(1280, 720));
    }

    public void Run(double seconds)
    {
        for (var end = Now + (long)(seconds * TimeSpan.TicksPerSecond); Now < end;)
        {
            Now += Call.Millisecond;
            foreach (var line in Lines)
            {
                line.AdvanceTo(Now);
            }

            if (HasOneAddress && Now % TimeSpan.TicksPerSecond == 0)
            {
                ShareLine();
            }

            Publish((int)(Now / Call.Millisecond));
            _publisher.HandleTimeout(Now);
            ReadRequests();
        }
    }

    private static uint LayerSsrc(int layer) => (uint)(100 + layer);

    public static DownTrackOptions Down(uint ssrc, uint? rtx) => new()
    {
        Ssrc = ssrc,
        PayloadType = (byte)(rtx is null ? 111 : 96),
        RtxSsrc = rtx,
        RtxPayloadType = rtx is null ? null : 97,
        Nack = rtx is not null,
        Extensions = NarrowLine.Map,
        FirstSequenceNumber = 1,
        Cname = "alice",
    };

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

    private void ShareLine()
    {
        Lines.ForEach(line => _shared.Add(line.Subscriber));
        _shared.Share(Now);
        Lines.ForEach(line => _shared.Limit(line.Subscriber));
    }

    private void Publish(int milliseconds)
    {
        if (milliseconds % (IsSilent ? 200 : 20) == 0)
        {
            Send(4, 3, 111, (uint)(milliseconds * 48), key: false, new byte[IsSilent ? 5 : SoundBytes], marker: false);
        }

        if (milliseconds % FrameMilliseconds != 0)
        {
            return;
        }

        for (var layer = 0; layer < Camera.Options.Layers.Count; layer++)
        {
            var bits = Camera.Options.Layers.Count == 1 ? Bits : LayerBits[layer];
            var frameBytes = bits / 8 * FrameMilliseconds / 1000;
            var bytes = !_keyFrames[layer] ? frameBytes : KeyFrameBytes > 0 ? KeyFrameBytes : frameBytes * KeyFrameFactor;
            for (var at = 0; at < bytes; at += 1100)
            {
                var payload = new byte[Math.Min(1100, Math.Max(20, bytes - at))];
                payload[0] = (byte)(at == 0 ? 0x10 : 0x00); // VP8: start of the frame
                payload[1] = (byte)(at == 0 && _keyFrames[layer] ? 0x00 : 0x01);
                if (HasTemporalLayers)
                {
                    WriteLayer(payload, milliseconds / FrameMilliseconds, isKey: _keyFrames[layer], isFirst: at == 0);
                }

                Send(LayerSsrc(layer), layer, 96, (uint)(milliseconds * 90), _keyFrames[layer], payload, at + 1100 >= bytes);
            }

            _keyFrames[layer] = false;
        }
    }

    /// <summary>Writes a payload descriptor with picture ID, TL0PICIDX and the temporal layer. Odd pictures need only the even one before them.</summary>
    private static void WriteLayer(byte[] payload, int picture, bool isKey, bool isFirst)
    {
        var isUpper = picture % 2 == 1 && !isKey;
        payload[0] |= 0x80;
        payload[1] = 0xE0;
        (payload[2], payload[3]) = ((byte)(0x80 | (picture >> 8)), (byte)picture);
        payload[4] = (byte)(picture / 2);
        payload[5] = (byte)(isUpper ? 0x60 : 0);
        payload[6] = (byte)(isFirst && isKey ? 0 : 1);
    }

    private void Send(uint ssrc, int counter, byte payloadType, uint timestamp, bool key, byte[] payload, bool marker)
    {
        var packet = Call.Packet(_sequences[counter]++, timestamp, key, ssrc, payloadType, null, null, null, payload);
        packet[1] |= (byte)(marker ? 0x80 : 0);
        _publisher.OnRtp(Now, packet);
    }

    private void ReadRequests()
    {
        for (; _seenRtcp < _upstream.Rtcp.Count; _seenRtcp++)
        {
            foreach (var packet in new RtcpReader(_upstream.Rtcp[_seenRtcp]))
            {
                if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss && feedback.MediaSsrc is >= 100 and <= 102)
                {
                    Array.Fill(_keyFrames, true, HasCommonKeyFrames ? 0 : (int)feedback.MediaSsrc - 100, HasCommonKeyFrames ? _keyFrames.Length : 1);
                    KeyFrameRequests++;
                }
            }
        }
    }
}
