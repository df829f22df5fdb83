using MeetOperator.Rtp.Codecs;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Codecs;

public sealed class PictureNumbersTests
{
    [Theory]
    [InlineData(VideoCodec.Vp8, "90 e0 92 34 07 a5 10", 0x1234, 7, "90 e0 ff fe 20 a5 10")]
    [InlineData(VideoCodec.Vp8, "90 c0 12 07 10", 0x12, 7, "90 c0 7e 20 10")] // 7 bits
    [InlineData(VideoCodec.Vp8, "90 80 92 34 10", 0x1234, 0, "90 80 ff fe 10")] // without temporal layers
    [InlineData(VideoCodec.Vp8, "90 40 07 10", 0, 7, "90 40 20 10")]
    [InlineData(VideoCodec.Vp9, "a8 92 34 40 07 10", 0x1234, 7, "a8 ff fe 40 20 10")]
    [InlineData(VideoCodec.Vp9, "b8 92 34 40 07 10", 0x1234, 0, "b8 ff fe 40 07 10")] // flexible mode has no TL0PICIDX
    [InlineData(VideoCodec.Vp9, "88 12 10", 0x12, 0, "88 7e 10")]
    public void Write_OtherNumbers_ChangesOnlyThem(VideoCodec codec, string hex, int pictureId, int tl0, string expected)
    {
        var payload = Hex.Bytes(hex);

        var numbers = PictureNumbers.Read(codec, payload);
        Assert.Equal((pictureId, tl0), (numbers.PictureId, numbers.Tl0PictureIndex));
        numbers.Write(payload, 0x7FFE, 0x20);

        Assert.Equal(Hex.Bytes(expected), payload);
    }

    [Theory]
    [InlineData(VideoCodec.Vp8, "")]
    [InlineData(VideoCodec.Vp8, "10 00")]
    [InlineData(VideoCodec.Vp8, "90 80")]
    [InlineData(VideoCodec.Vp8, "90 80 92")]
    [InlineData(VideoCodec.Vp8, "90 c0 12")]
    [InlineData(VideoCodec.Vp9, "80")]
    [InlineData(VideoCodec.Vp9, "a8 12 40")]
    [InlineData(VideoCodec.H264, "90 e0 92 34 07 a5 10")]
    public void Read_NoNumbersOrTooShort_IsEmpty(VideoCodec codec, string hex) => Assert.True(PictureNumbers.Read(codec, Hex.Bytes(hex)).IsEmpty);
}
