using MeetOperator.Rtp.Codecs;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Codecs;

public sealed class H264SequenceParameterSetTests
{
    [Theory]
    [InlineData("6742c01f8c8d407808bf700f08846a", 960, 540)] // OpenH264, constrained baseline
    [InlineData("6742c0158c8d40f046f500f08846a0", 480, 270)]
    [InlineData("6764001facd9405005bb011000000300100000030320f1831960", 1280, 720)] // x264, high, with bytes against start codes
    [InlineData("674d0028d0e468046a0280bfe540", 640, 360)] // main, pic_order_cnt_type 1 with a cycle of two
    [InlineData("674d0028da01e0113f68", 1920, 1080)] // main, interlaced
    [InlineData("67640028ad84692492492492406d00a00b72", 1280, 720)] // high with two scaling lists
    [InlineData("677a0028bcb40a0ff522", 318, 237)] // 4:2:2
    [InlineData("67f4002893968141fd3215", 317, 233)] // 4:4:4 with separate planes
    public void TryParse_ParameterSet_TellsCroppedSize(string hex, int width, int height)
    {
        Assert.True(H264SequenceParameterSet.TryParse(Hex.Bytes(hex), out var set));
        Assert.Equal((width, height), (set.Width, set.Height));
    }

    [Theory]
    [InlineData("")]
    [InlineData("68ce3c80")] // a picture parameter set
    [InlineData("67")]
    [InlineData("6742c01f8c8d40")] // cut off
    [InlineData("67420028da0010807e40")] // wider than any level allows
    [InlineData("67420028da47f29740")] // nothing is left after cropping
    [InlineData("674200280000030000030000")] // a number that never ends
    public void TryParse_OtherOrMalformedUnit_ReturnsFalse(string hex) => Assert.False(H264SequenceParameterSet.TryParse(Hex.Bytes(hex), out _));

    [Theory]
    [InlineData("6742c015", 0, 4)] // a packet of its own
    [InlineData("78 0002 68ce 0004 6742c015 0002 6588", 7, 11)] // STAP-A
    [InlineData("7c 87 42c015", 0, 0)] // FU-A: only a part of the set
    [InlineData("6588", 0, 0)]
    public void Payload_WithParameterSet_TellsWhereItIs(string hex, int start, int end)
    {
        var payload = Hex.Bytes(hex);
        Assert.True(H264Payload.TryParse(payload, out var content));
        Assert.Equal(payload[start..end], payload[content.SequenceParameterSet]);
    }
}
