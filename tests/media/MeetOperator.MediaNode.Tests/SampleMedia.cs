using System.Buffers.Binary;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Tracks and packets for tests without peers.</summary>
internal static class SampleMedia
{
    private const byte AudioPayloadType = 111;
    private const byte VideoPayloadType = 96;

    public static RtpCodec CodecOf(TrackSource source, string video = "VP8") => source == TrackSource.Microphone
        ? new RtpCodec { PayloadType = AudioPayloadType, Name = "opus", ClockRate = 48000, Channels = 2 }
        : new RtpCodec { PayloadType = VideoPayloadType, Name = video, ClockRate = 90000 };

    public static UpTrackOptions OptionsOf(TrackSource source, string mid, uint ssrc) => new()
    {
        Mid = mid,
        Kind = source == TrackSource.Microphone ? MediaKind.Audio : MediaKind.Video,
        Codec = VideoCodec.Vp8,
        ClockRate = source == TrackSource.Microphone ? 48000 : 90000,
        PayloadType = source == TrackSource.Microphone ? AudioPayloadType : VideoPayloadType,
        Extensions = HeaderExtensionMap.Empty,
        Layers = [new UpLayerOptions { Ssrc = ssrc }],
    };

    /// <summary>A packet of the first layer: a frame of sound, a key frame, or another frame of video. Its last four bytes are <paramref name="count"/>.</summary>
    public static byte[] Packet(UpTrackOptions options, ushort sequence, bool isKeyFrame = true, uint count = 0)
    {
        var packet = new byte[18];
        packet[0] = 0x80;
        packet[1] = (byte)(0x80 | options.PayloadType);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), sequence * 960u);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), options.Layers[0].Ssrc ?? 0);
        packet[12] = 0x10; // RFC 7741 §4.2: the first packet of a frame
        packet[13] = (byte)(isKeyFrame ? 0 : 1);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(14), count);
        return packet;
    }
}
