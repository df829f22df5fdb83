using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class SdpOriginTests
{
    [Theory]
    [InlineData("v=0\r\no=- 123 2 IN IP4 127.0.0.1\r\n", "123")]
    [InlineData("v=0\no=mozilla...THIS_IS_SDPARTA 456 0 IN IP4 0.0.0.0\n", "456")]
    [InlineData("v=0\r\nm=audio 9\r\no=- 9 9 x\r\n", null)]
    [InlineData("v=0\r\no=\r\n", null)]
    [InlineData("", null)]
    public void Of_Sdp_ReturnsSessionId(string sdp, string? origin) => Assert.Equal(origin, SdpOrigin.Of(sdp));
}
