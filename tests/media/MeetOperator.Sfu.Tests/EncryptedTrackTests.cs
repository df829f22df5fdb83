using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Layers;
using LayerState = MeetOperator.Sfu.Allocation.LayerState;

namespace MeetOperator.Sfu.Tests;

/// <summary>The media node infers nothing from the payload of frames that are encrypted end to end.</summary>
public sealed class EncryptedTrackTests
{
    /// <summary>A VP8 payload descriptor and the start of a key frame of 640×360.</summary>
    private static readonly byte[] KeyFramePayload = [0x10, 0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 0, 0];

    [Fact]
    public void TryReceive_KeyFramePayloadOfEncryptedTrack_IsNoKeyFrame()
    {
        Assert.True(StartsKeyFrame(isEncrypted: false, descriptor: null, out _));
        Assert.False(StartsKeyFrame(isEncrypted: true, descriptor: null, out _));
    }

    [Fact]
    public void TryReceive_KeyFrameDescriptorOfEncryptedTrack_IsKeyFrameOfUnknownSize()
    {
        byte[] descriptor = [0x80, 0, 1, 0x80, 0];

        Assert.True(StartsKeyFrame(isEncrypted: true, descriptor, out var encrypted));
        Assert.Equal((0, 0), (encrypted.Width, encrypted.Height));
        Assert.True(StartsKeyFrame(isEncrypted: false, descriptor, out var clear));
        Assert.Equal((640, 360), (clear.Width, clear.Height));
    }

    private static bool StartsKeyFrame(bool isEncrypted, byte[]? descriptor, out LayerState state)
    {
        var format = new LayerFormat { IsVideo = true, Codec = VideoCodec.Vp8, IsEncrypted = isEncrypted, ClockRate = 90_000, Nack = true };
        var layer = new UpLayer(format, new UpLayerOptions { Ssrc = 7 });
        var packet = Call.Packet(1, 1, key: true, ssrc: 7, payloadType: 96, null, null, null, KeyFramePayload, descriptor: descriptor);
        Assert.True(RtpHeader.TryParse(packet, out var header));
        Assert.True(layer.TryReceive(1, packet, header, retransmitted: false, DescriptorIn(packet, header), arrivalTicks: 1, isKept: true, out _, out _, out var startsKeyFrame));
        state = layer.Describe(1, arrives: true);
        return startsKeyFrame;
    }

    private static HeaderExtensionElement DescriptorIn(byte[] packet, in RtpHeader header)
    {
        foreach (var element in header.ExtensionsIn(packet))
        {
            return element;
        }

        return default;
    }
}
