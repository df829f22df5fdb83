using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tests;

/// <summary>The size of a layer whose publisher sends neither allocations nor dependency descriptors, as Firefox with H.264.</summary>
public sealed class LayerSizeTests
{
    /// <summary>STAP-A with the parameter sets of OpenH264 for 480×270.</summary>
    private static readonly byte[] ParameterSets = Hex("78000f6742c0158c8d40f046f500f08846a0000468ce3c80");

    [Fact]
    public void Describe_KeyFrameOfH264_TellsSizeOfParameterSet() => Assert.Equal((480, 270), SizeAfter(ParameterSets, isEncrypted: false));

    [Fact]
    public void Describe_EncryptedTrack_ReadsNoParameterSet() => Assert.Equal((0, 0), SizeAfter(ParameterSets, isEncrypted: true));

    [Fact]
    public void Describe_MalformedParameterSet_TellsNoSize() => Assert.Equal((0, 0), SizeAfter(Hex("6742c0158c8d40"), isEncrypted: false));

    private static (int Width, int Height) SizeAfter(byte[] payload, bool isEncrypted)
    {
        var format = new LayerFormat { IsVideo = true, Codec = VideoCodec.H264, IsEncrypted = isEncrypted, ClockRate = 90_000, Nack = true };
        var layer = new UpLayer(format, new UpLayerOptions { Ssrc = 7 });
        var packet = Call.Packet(1, 1, key: true, ssrc: 7, payloadType: 96, null, null, null, payload);
        Assert.True(RtpHeader.TryParse(packet, out var header));
        Assert.True(layer.TryReceive(1, packet, header, retransmitted: false, descriptor: default, arrivalTicks: 1, isKept: true, out _, out _, out _));
        var state = layer.Describe(1, arrives: true);
        return (state.Width, state.Height);
    }

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
