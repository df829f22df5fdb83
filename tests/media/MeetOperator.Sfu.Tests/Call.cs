using System.Buffers.Binary;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>One publisher with a camera or a microphone, and its subscribers, with a clock that the test controls.</summary>
internal sealed class Call
{
    public const uint Ssrc = 1000;
    public const uint RtxSsrc = 1001;

    /// <summary>The payload type of redundant audio from the publisher.</summary>
    public const byte RedPayloadType = 63;
    public const long Millisecond = TimeSpan.TicksPerMillisecond;
    public static readonly HeaderExtensionMap PublisherMap = HeaderExtensionMap.Empty
        .With(HeaderExtensionKind.Mid, 4).With(HeaderExtensionKind.TransportSequenceNumber, 3).With(HeaderExtensionKind.AudioLevel, 1)
        .With(HeaderExtensionKind.RtpStreamId, 10).With(HeaderExtensionKind.RepairedRtpStreamId, 11);

    public Call(MediaKind kind = MediaKind.Video, bool announced = true, bool encrypted = false, MemoryBudget? budget = null, params UpLayerOptions[] layers)
    {
        Upstream = new RecordingEgress();
        Publisher = new Publisher(Upstream, ownSsrc: 1);
        Track = new UpTrack(
            new UpTrackOptions
            {
                Mid = "v",
                Kind = kind,
                Codec = kind == MediaKind.Video ? VideoCodec.Vp8 : VideoCodec.Unknown,
                ClockRate = kind == MediaKind.Video ? 90000 : 48000,
                PayloadType = 96,
                RtxPayloadType = 97,
                RedPayloadType = kind == MediaKind.Audio ? RedPayloadType : null,
                IsEncrypted = encrypted,
                Extensions = PublisherMap,
                Nack = kind == MediaKind.Video,
                Layers = layers.Length > 0 ? layers : announced ? OneLayer(Ssrc, RtxSsrc) : OneLayer(null),
            },
            "alice",
            kind == MediaKind.Video ? TrackSource.Camera : TrackSource.Microphone,
            "camera-1",
            budget);
        Publisher.Add(Track);
    }

    public RecordingEgress Upstream { get; }

    public Publisher Publisher { get; }

    public UpTrack Track { get; }

    public UpLayer Layer => LayerOf(Track);

    /// <summary>Packets of <see cref="Send"/> that belong to no track.</summary>
    public int UnknownPackets { get; private set; }

    public long Now { get; set; } = TimeSpan.TicksPerHour;

    public (Subscriber Subscriber, DownTrack Track, RecordingEgress Egress) Join(uint ssrc = 5000, bool rtx = true, ushort firstSequence = 100, bool ready = true, byte? red = null)
    {
        var egress = new RecordingEgress { IsReady = ready };
        var subscriber = new Subscriber(egress);
        var track = subscriber.Add(Track, new DownTrackOptions
        {
            Ssrc = ssrc,
            PayloadType = 120,
            RtxSsrc = rtx ? ssrc + 1 : null,
            RtxPayloadType = rtx ? 121 : null,
            RedPayloadType = red,
            Nack = true,
            Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.AudioLevel, 9),
            FirstSequenceNumber = firstSequence,
            Cname = "alice",
        });
        return (subscriber, track, egress);
    }

    /// <summary>The layer of a track with one layer.</summary>
    public static UpLayer LayerOf(UpTrack track) => Assert.Single(track.Layers.ToArray());

    public static UpLayerOptions[] OneLayer(uint? ssrc, uint? rtxSsrc = null) => [new UpLayerOptions { Ssrc = ssrc, RtxSsrc = rtxSsrc }];

    /// <summary>Passes one packet from the client to the publisher.</summary>
    public void Send(ushort sequence, uint timestamp = 0, bool key = false, uint ssrc = Ssrc, byte payloadType = 96, ushort? transport = null, string? mid = null, byte? level = null, byte[]? payload = null, string? rid = null, string? repairedRid = null) =>
        UnknownPackets += Publisher.OnRtp(Now, Packet(sequence, timestamp, key, ssrc, payloadType, transport, mid, level, payload, rid, repairedRid)) == ReceivedMedia.Unknown ? 1 : 0;

    public void Advance(long milliseconds)
    {
        for (var i = 0; i < milliseconds / 10; i++)
        {
            Now += 10 * Millisecond;
            Publisher.HandleTimeout(Now);
        }
    }

    public static byte[] Packet(ushort sequence, uint timestamp, bool key, uint ssrc, byte payloadType, ushort? transport, string? mid, byte? level, byte[]? payload,
        string? rid = null, string? repairedRid = null, byte[]? descriptor = null)
    {
        // VP8: start of partition 0 without extensions, then the inverted key-frame bit.
        payload ??= [0x10, (byte)(key ? 0x00 : 0x01), (byte)(sequence >> 8), (byte)sequence, 0, 0];
        var packet = new byte[256 + payload.Length];
        packet[0] = 0x80;
        packet[1] = payloadType;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        var writer = new HeaderExtensionWriter(packet.AsSpan(12, 200), twoByte: descriptor?.Length > 16);
        if (transport is { } number)
        {
            BinaryPrimitives.WriteUInt16BigEndian(writer.Add(3, 2), number);
        }

        foreach (var (id, text) in new[] { ((byte)4, mid), ((byte)10, rid), ((byte)11, repairedRid) })
        {
            if (text is not null)
            {
                System.Text.Encoding.ASCII.GetBytes(text).CopyTo(writer.Add(id, text.Length));
            }
        }

        if (descriptor is not null)
        {
            descriptor.CopyTo(writer.Add(12, descriptor.Length));
        }

        if (level is { } loudness)
        {
            writer.Add(1, 1)[0] = loudness;
        }

        var extensions = writer.Finish();
        packet[0] |= (byte)(extensions > 0 ? 0x10 : 0);
        payload.CopyTo(packet, 12 + extensions);
        return packet[..(12 + extensions + payload.Length)];
    }

    /// <summary>Creates a compound packet.</summary>
    public static byte[] Rtcp(WritePackets write)
    {
        var buffer = new byte[1200];
        var writer = new RtcpWriter(buffer);
        write(ref writer);
        return writer.Written.ToArray();
    }

    public delegate void WritePackets(ref RtcpWriter writer);
}
