using MeetOperator.Rtp.Codecs;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Codecs;

public sealed class PayloadTests
{
    [Fact]
    public void Vp8_KeyFrameWithAllFields_ParsesEveryField()
    {
        // X S | I L T K | long picture ID 0x1234 | TL0 7 | tid 2, Y, key index 5 | key frame 320x180
        Assert.True(Vp8Descriptor.TryParse(Hex.Bytes("90 f0 9234 07 a5 10 02 00 9d 01 2a 40 01 b4 00"), out var d));

        Assert.True(d.StartsKeyFrame && d.IsLongPictureId && d.IsLayerSync && !d.IsNonReference);
        Assert.Equal(0x1234, d.PictureId);
        Assert.Equal(7, d.Tl0PictureIndex);
        Assert.Equal(2, d.TemporalLayer);
        Assert.Equal(6, d.Length);
        Assert.Equal(320, d.Width);
        Assert.Equal(180, d.Height);
    }

    [Theory]
    [InlineData("10 00", true)] // shortest descriptor, P = 0
    [InlineData("10 01", false)] // inter frame
    [InlineData("00 00", false)] // not the start of a partition
    [InlineData("11 00", false)] // start of another partition
    [InlineData("10", false)] // descriptor only
    public void Vp8_FirstPayloadBytes_DetectKeyFrameStart(string hex, bool expected)
    {
        Assert.True(Vp8Descriptor.TryParse(Hex.Bytes(hex), out var descriptor));
        Assert.Equal(expected, descriptor.StartsKeyFrame);
        Assert.Equal(expected, KeyFrame.StartsIn(VideoCodec.Vp8, Hex.Bytes(hex)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("90 80")]
    [InlineData("90 80 92")]
    [InlineData("90 40")]
    [InlineData("90 c0 05")]
    [InlineData("90 20")]
    public void Vp8_TruncatedPayload_ReturnsFalse(string hex) => Assert.False(Vp8Descriptor.TryParse(Hex.Bytes(hex), out _));

    [Fact]
    public void Vp9_KeyPictureWithStructure_ParsesEveryField()
    {
        // I L B V | picture ID 5 | tid 1, U, sid 0 | TL0 9 | N_S 1 (two layers), sizes, group of one picture with one reference
        Assert.True(Vp9Descriptor.TryParse(Hex.Bytes("aa 05 30 09 38 0140 00b4 0280 0168 01 04 01 ff"), out var d));

        Assert.True(d.StartsKeyFrame && d.StartsFrame && d.IsSwitchingUpPoint && !d.IsInterPicturePredicted);
        Assert.Equal(5, d.PictureId);
        Assert.Equal(1, d.TemporalLayer);
        Assert.Equal(9, d.Tl0PictureIndex);
        Assert.Equal(2, d.AnnouncedSpatialLayers);
        Assert.Equal(16, d.Length);
    }

    [Fact]
    public void Vp9_UpperLayerOfKeyPicture_DoesNotStartKeyFrame()
    {
        Assert.True(Vp9Descriptor.TryParse(Hex.Bytes("a8 05 03 09 ff"), out var descriptor));
        Assert.Equal(1, descriptor.SpatialLayer);
        Assert.True(descriptor.IsInterLayerDependent);
        Assert.False(descriptor.StartsKeyFrame);
    }

    [Fact]
    public void Vp9_FlexibleModeWithThreeReferences_ParsesDescriptor()
    {
        Assert.True(Vp9Descriptor.TryParse(Hex.Bytes("f8 85 39 30 03 05 06 ff"), out var descriptor));
        Assert.True(descriptor.IsFlexible && descriptor.IsInterPicturePredicted);
        Assert.Equal(0x0539, descriptor.PictureId);
        Assert.Equal(7, descriptor.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("80 85")]
    [InlineData("a0 05 30")] // no TL0PICIDX
    [InlineData("d0 05 03")] // the N bit announces a missing reference
    [InlineData("d0 05 03 03 03 02")] // a fourth reference
    [InlineData("0a")] // no structure
    [InlineData("0a 30 0140 00b4 0280")] // truncated sizes
    [InlineData("0a 08")] // no picture count
    [InlineData("0a 08 02 00")] // one of two pictures
    [InlineData("0a 08 01 0c 01 01")] // two of three references
    public void Vp9_TruncatedPayload_ReturnsFalse(string hex) => Assert.False(Vp9Descriptor.TryParse(Hex.Bytes(hex), out _));

    [Theory]
    [InlineData("65 88", true)] // IDR
    [InlineData("67 42", true)] // SPS
    [InlineData("41 9a", false)] // slice
    [InlineData("78 0002 6742 0002 68ce", true)] // STAP-A: SPS, PPS
    [InlineData("78 0002 4142", false)] // STAP-A: slice
    [InlineData("7c 85 88", true)] // FU-A: first fragment of an IDR
    [InlineData("7c 05 88", false)] // FU-A: a later fragment
    [InlineData("7c 81 88", false)] // FU-A: first fragment of a slice
    public void H264_ParameterSetOrIdr_StartsKeyFrame(string hex, bool expected)
    {
        Assert.True(H264Payload.TryParse(Hex.Bytes(hex), out var content));
        Assert.Equal(expected, content.StartsKeyFrame);
        Assert.Equal(expected, KeyFrame.StartsIn(VideoCodec.H264, Hex.Bytes(hex)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("7c")]
    [InlineData("7d 85 88")] // FU-B: interleaved mode, not negotiated
    [InlineData("78 0003 6742")] // unit longer than the packet
    [InlineData("78 0000 67")] // empty unit
    [InlineData("78 00")]
    public void H264_MalformedPayload_ReturnsFalse(string hex) => Assert.False(H264Payload.TryParse(Hex.Bytes(hex), out _));

    [Theory]
    [InlineData("18 0a 0b", true)] // N, one OBU: sequence header
    [InlineData("28 02 0a 0b 32 00", true)] // N, two OBUs, the first with a length
    [InlineData("08 02 0a 0b", true)] // N, every OBU with a length
    [InlineData("10 0a 0b", false)] // sequence header without N
    [InlineData("18 32 00", false)] // N, but the first OBU is a frame
    [InlineData("90 32 00", false)] // continuation
    public void Av1_NewSequenceWithHeader_StartsKeyFrame(string hex, bool expected)
    {
        Assert.True(Av1AggregationHeader.TryParse(Hex.Bytes(hex), out var header));
        Assert.Equal(expected, header.StartsKeyFrame);
        Assert.Equal(expected, KeyFrame.StartsIn(VideoCodec.Av1, Hex.Bytes(hex)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("18")]
    [InlineData("98 0a")] // N and Z together
    [InlineData("08 ff ff")] // unterminated length
    [InlineData("08 02")] // no OBU after the length
    public void Av1_MalformedPayload_ReturnsFalse(string hex) => Assert.False(Av1AggregationHeader.TryParse(Hex.Bytes(hex), out _));

    [Fact]
    public void KeyFrame_UnknownCodec_ReturnsFalse() => Assert.False(KeyFrame.StartsIn(VideoCodec.Unknown, Hex.Bytes("6542")));
}
