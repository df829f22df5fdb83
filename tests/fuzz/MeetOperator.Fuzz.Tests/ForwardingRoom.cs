using System.Buffers.Binary;
using System.Text;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Fuzz.Tests;

/// <summary>
/// Three participants in simulated time: Mallory publishes a microphone, a camera in three layers and a scalable camera, Alice publishes a microphone, and Mallory and Carol
/// receive everything of the others. In a room with slots, the sections for Mallory's cameras change what they carry, and the receivers change what they show.
/// </summary>
internal sealed class ForwardingRoom
{
    public const uint AliceSsrc = 9_000;
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private const byte MidId = 4, RidId = 10, RepairedRidId = 11, NumberId = 3, LevelId = 1, DescriptorId = 12;
    private const uint MicrophoneSsrc = 11, ScalableSsrc = 41;
    private static readonly uint[] LayerSsrcs = [21, 22, 23];

    private static readonly HeaderExtensionMap UpMap = HeaderExtensionMap.Empty
        .With(HeaderExtensionKind.Mid, MidId).With(HeaderExtensionKind.RtpStreamId, RidId).With(HeaderExtensionKind.RepairedRtpStreamId, RepairedRidId)
        .With(HeaderExtensionKind.TransportSequenceNumber, NumberId).With(HeaderExtensionKind.AudioLevel, LevelId).With(HeaderExtensionKind.DependencyDescriptor, DescriptorId);

    private readonly Random _random;
    private readonly Publisher _mallory;
    private readonly Publisher _alice;
    private readonly UpTrack _aliceMicrophone;
    private readonly ScalableEncoder _scalable = new(3, 3, isKeyOnly: true);
    private readonly Dictionary<uint, ushort> _sequences = [];
    private readonly List<byte[]> _media = [];
    private readonly bool _isEncrypted;
    private readonly UpTrack[] _cameras;

    /// <summary>The sections of each receiver that carry one of the cameras or nothing.</summary>
    private readonly List<(Subscriber Subscriber, List<(DownTrack Track, DownTrackOptions Options)> Sections)> _slots = [];
    private ushort _transport;
    private int _milliseconds;

    /// <param name="seed">Seed of all choices.</param>
    /// <param name="hasSlots">Whether the receivers have slots for cameras.</param>
    /// <param name="isEncrypted">Whether payloads count as encrypted end to end.</param>
    public ForwardingRoom(int seed, bool hasSlots = false, bool isEncrypted = false)
    {
        _random = new Random(seed);
        _isEncrypted = isEncrypted;
        var upstream = new ForwardedPeer(Errors, []);
        _mallory = new Publisher(upstream, ownSsrc: 1);
        var microphone = Add("mallory", Microphone("a", MicrophoneSsrc));
        var camera = Add("mallory", Microphone("v", 0) with
        {
            Kind = MediaKind.Video, Codec = VideoCodec.Vp8, ClockRate = 90_000, PayloadType = 96, RtxPayloadType = 97, RedPayloadType = null, Nack = true,
            Layers = [.. new[] { "q", "h", "f" }.Select(rid => new UpLayerOptions { Rid = rid })],
        });
        var scalable = Add("mallory", Microphone("s", ScalableSsrc) with { Kind = MediaKind.Video, Codec = VideoCodec.Vp9, ClockRate = 90_000, PayloadType = 98, RedPayloadType = null, Nack = true });
        _alice = new Publisher(new ForwardedPeer(Errors, []), ownSsrc: 2);
        _aliceMicrophone = new UpTrack(Microphone("a", AliceSsrc), "alice", TrackSource.Microphone, "microphone-1");
        _alice.Add(_aliceMicrophone);

        _cameras = [camera, scalable];
        Carol = Join([_aliceMicrophone, microphone, camera, scalable], hasSlots);
        Mallory = Join([_aliceMicrophone, microphone, camera, scalable], hasSlots);
        Advance(400);
        GenuineMedia = [.. _media];
        GenuineFeedback = [.. Mallory.Feedback, .. FeedbackSeeds()];
    }

    /// <summary>What was wrong with a packet that was sent to a participant.</summary>
    public List<string> Errors { get; } = [];

    public ForwardedPeer Carol { get; }

    public ForwardedPeer Mallory { get; }

    public int AliceSent { get; private set; }

    /// <summary>RTP packets of Mallory.</summary>
    public IReadOnlyList<byte[]> GenuineMedia { get; }

    /// <summary>Reports of Mallory about what she receives.</summary>
    public IReadOnlyList<byte[]> GenuineFeedback { get; }

    /// <summary>Reports of Mallory about what she sends.</summary>
    public IReadOnlyList<byte[]> GenuineSenderReports =>
        [.. LayerSsrcs.Append(MicrophoneSsrc).Append(ScalableSsrc).Select(ssrc => Compound((ref RtcpWriter writer) =>
        {
            writer.AddSenderReport(ssrc, NtpTime.FromUnixTicks(Now), 90_000, 10, 1_000);
            writer.AddCanonicalName(ssrc, "mallory"u8);
            writer.AddReferenceTime(ssrc, NtpTime.FromUnixTicks(Now));
            writer.AddGoodbye(ssrc);
        }))];

    private long Now { get; set; } = TimeSpan.TicksPerHour;

    public void ReceiveFromMallory(byte[] packet) => _mallory.OnRtp(Now, packet);

    public void ReportFromMallory(byte[] compound) => _mallory.OnRtcp(Now, compound);

    public void FeedbackFromMallory(byte[] compound) => Mallory.Subscriber.OnRtcp(Now, compound);

    /// <summary>Lets time pass, in which everybody sends genuine media.</summary>
    public void Advance(int milliseconds)
    {
        for (var end = _milliseconds + milliseconds; _milliseconds < end; _milliseconds++)
        {
            Now += Millisecond;
            if (_milliseconds % 20 == 0)
            {
                _alice.OnRtp(Now, Packet(AliceSsrc, 111, (uint)(_milliseconds * 48), "a", null, new byte[60], level: 30));
                AliceSent++;
                SendMallory(Packet(MicrophoneSsrc, 111, (uint)(_milliseconds * 48), "a", null, new byte[60], level: 20));
            }

            if (_milliseconds % 33 == 0)
            {
                SendGenuinePicture(isKey: _milliseconds % 330 == 0);
            }

            if (_milliseconds % 97 == 0)
            {
                Switch();
            }

            _mallory.HandleTimeout(Now);
            _alice.HandleTimeout(Now);
            Carol.AdvanceTo(Now);
            Mallory.AdvanceTo(Now);
        }
    }

    public void SendGenuinePicture(bool isKey)
    {
        foreach (var (ssrc, rid) in LayerSsrcs.Zip(["q", "h", "f"]))
        {
            byte[] payload = [0x10, (byte)(isKey ? 0 : 1), .. new byte[300]];
            SendMallory(Packet(ssrc, 96, (uint)(_milliseconds * 90), "v", rid, payload, marker: true));
        }

        foreach (var frame in _scalable.Encode(isKey))
        {
            byte[] payload = [(byte)(0x8C | (frame.IsKey ? 0 : 0x40)), 0x80, 1, .. new byte[200]];
            SendMallory(Packet(ScalableSsrc, 98, (uint)(_milliseconds * 90), "s", null, payload, marker: frame.EndsPicture, descriptor: frame.Describe(isFirst: true, isLast: true)));
        }
    }

    private UpTrack Add(string participant, UpTrackOptions options)
    {
        var track = new UpTrack(options, participant, options.Kind == MediaKind.Audio ? TrackSource.Microphone : TrackSource.Camera, $"{options.Mid}-1");
        _mallory.Add(track);
        return track;
    }

    private ForwardedPeer Join(UpTrack[] tracks, bool hasSlots)
    {
        HashSet<uint> known = [];
        var peer = new ForwardedPeer(Errors, known);
        var sections = new List<(DownTrack Track, DownTrackOptions Options)>();
        for (uint i = 0; i < tracks.Length; i++)
        {
            var isAlice = tracks[i] == _aliceMicrophone;
            var isVideo = tracks[i].Options.Kind == MediaKind.Video;
            var options = new DownTrackOptions
            {
                Ssrc = isAlice ? AliceSsrc : 5_000 + (10 * i),
                PayloadType = (byte)(isVideo ? 120 : 109),
                RtxSsrc = isVideo ? 5_001 + (10 * i) : null,
                RtxPayloadType = isVideo ? 121 : null,
                Nack = isVideo,
                Extensions = HeaderExtensionMap.Empty
                    .With(HeaderExtensionKind.TransportSequenceNumber, ForwardedPeer.NumberId).With(HeaderExtensionKind.AudioLevel, 9).With(HeaderExtensionKind.DependencyDescriptor, 6),
                FirstSequenceNumber = (ushort)_random.Next(65_536),
                Cname = "c",
            };
            known.Add(options.Ssrc);
            known.Add(options.RtxSsrc ?? options.Ssrc);
            if (hasSlots && isVideo)
            {
                sections.Add((peer.Subscriber.Add(options), options));
            }
            else
            {
                peer.Subscriber.Add(tracks[i], options);
            }
        }

        _slots.Add((peer.Subscriber, sections));

        peer.Subscriber.OnReady();
        return peer;
    }

    /// <summary>Moves the cameras to other slots, or out of them, and changes how they are shown.</summary>
    private void Switch()
    {
        foreach (var (subscriber, sections) in _slots.Where(s => s.Sections.Count > 0))
        {
            var shown = _random.Next(4) == 0 ? TrackView.Hidden : TrackView.Of(_random.Next(1, 1_281), _random.Next(1, 721), isPinned: _random.Next(2) == 0);
            subscriber.SetViews(track => track.Options.Kind == MediaKind.Audio ? default : shown);
            var first = _random.Next(_cameras.Length);
            for (var i = 0; i < sections.Count; i++)
            {
                if (_random.Next(3) == 0)
                {
                    sections[i].Track.Stop();
                }
                else
                {
                    subscriber.Start(sections[i].Track, _cameras[(first + i) % _cameras.Length], sections[i].Options);
                }
            }
        }
    }

    private UpTrackOptions Microphone(string mid, uint ssrc) => new()
    {
        Mid = mid,
        Kind = MediaKind.Audio,
        ClockRate = 48_000,
        PayloadType = 111,
        RedPayloadType = _isEncrypted ? null : 63,
        IsEncrypted = _isEncrypted,
        Extensions = UpMap,
        Layers = [new UpLayerOptions { Ssrc = ssrc }],
    };

    private void SendMallory(byte[] packet)
    {
        _media.Add(packet.ToArray());
        _mallory.OnRtp(Now, packet);
    }

    /// <summary>Requests that a browser sends: key frames, retransmissions, a limit of its line and the end of a stream.</summary>
    private static IEnumerable<byte[]> FeedbackSeeds()
    {
        foreach (var ssrc in new uint[] { AliceSsrc, 5_010, 5_020, 5_030 })
        {
            yield return Compound((ref RtcpWriter writer) =>
            {
                writer.AddReceiverReport(7, new ReportBlock { Ssrc = ssrc, FractionLost = 20, CumulativeLost = 5, ExtendedHighestSequenceNumber = 300, Jitter = 40 });
                writer.AddPictureLoss(7, ssrc);
                writer.AddNack(7, ssrc, [100, 101, 105, 300]);
            });
        }

        foreach (var file in FuzzLoop.Corpus("rtcp"))
        {
            yield return file;
        }
    }

    private delegate void WritePackets(ref RtcpWriter writer);

    private static byte[] Compound(WritePackets write)
    {
        var buffer = new byte[1200];
        var writer = new RtcpWriter(buffer);
        write(ref writer);
        return writer.Written.ToArray();
    }

    private byte[] Packet(uint ssrc, byte payloadType, uint timestamp, string mid, string? rid, byte[] payload, bool marker = false, byte? level = null, byte[]? descriptor = null)
    {
        var sequence = _sequences[ssrc] = (ushort)(_sequences.GetValueOrDefault(ssrc) + 1);
        var packet = new byte[300 + payload.Length];
        packet[0] = 0x90;
        packet[1] = (byte)(payloadType | (marker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        var writer = new HeaderExtensionWriter(packet.AsSpan(12, 250), twoByte: descriptor?.Length > 16);
        BinaryPrimitives.WriteUInt16BigEndian(writer.Add(NumberId, 2), _transport++);
        Encoding.ASCII.GetBytes(mid).CopyTo(writer.Add(MidId, mid.Length));
        if (rid is not null)
        {
            Encoding.ASCII.GetBytes(rid).CopyTo(writer.Add(RidId, rid.Length));
        }

        if (level is { } loudness)
        {
            writer.Add(LevelId, 1)[0] = loudness;
        }

        descriptor?.CopyTo(writer.Add(DescriptorId, descriptor.Length));
        var extensions = writer.Finish();
        payload.CopyTo(packet, 12 + extensions);
        return packet[..(12 + extensions + payload.Length)];
    }
}
