using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.HeaderExtensions;

public sealed class DependencyDescriptorTests
{
    [Theory]
    [InlineData("80 12 34 80 00", 0x1234, true)] // first packet, with the structure
    [InlineData("00 12 34 80 00", 0x1234, false)] // a later packet
    [InlineData("80 ff ff 7f", 0xFFFF, false)] // extended fields without the structure
    [InlineData("c0 00 01", 1, false)]
    public void TryParse_FixedFields_AreRead(string hex, int frame, bool startsKeyFrame)
    {
        Assert.True(DependencyDescriptor.TryParse(Hex.Bytes(hex), out var descriptor));
        Assert.Equal((frame, startsKeyFrame), (descriptor.FrameNumber, descriptor.StartsKeyFrame));
    }

    [Fact]
    public void TryParse_TooShort_ReturnsFalse() => Assert.False(DependencyDescriptor.TryParse([0x80, 0], out _));
}
