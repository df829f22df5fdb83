using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.HeaderExtensions;

public sealed class VideoLayersAllocationTests
{
    [Fact]
    public void TryParse_ThreeStreamsWithSizes_ReadsEachSize()
    {
        // Stream 1 of 3, one spatial layer each | 3 temporal layers each | 9 rates of one or two bytes | 1280x720, 640x360 and 320x180 at 30
        var value = Hex.Bytes("61 a8 10 20 c8 01 10 20 30 10 20 30 04 ff 02 cf 1e 02 7f 01 67 1e 01 3f 00 b3 1e");

        Assert.True(VideoLayersAllocation.TryParse(value, out var allocation));

        Assert.Equal(1, allocation.StreamIndex);
        Assert.Equal([(1280, 720), (640, 360), (320, 180), (0, 0)], Enumerable.Range(0, 4).Select(allocation.SizeOf));
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(allocation.IsActive));
    }

    [Fact]
    public void TryParse_StoppedStream_IsNotActive()
    {
        // Stream 0 of 3, masks differ: 1, 0, 1 | one temporal layer each | 2 rates | sizes
        var value = Hex.Bytes("20 10 10 00 10 20 04 ff 02 cf 1e 01 3f 00 b3 1e");

        Assert.True(VideoLayersAllocation.TryParse(value, out var allocation));

        Assert.Equal([true, false, true, false], Enumerable.Range(0, 4).Select(allocation.IsActive));
        Assert.Equal([(1280, 720), (0, 0), (320, 180), (0, 0)], Enumerable.Range(0, 4).Select(allocation.SizeOf));
    }

    [Fact]
    public void TryParse_SpatialLayers_ReadsLargest()
    {
        // One stream with three spatial layers of two temporal layers
        var value = Hex.Bytes("07 54 01 02 03 04 05 06 01 3f 00 b3 1e 02 7f 01 67 1e 04 ff 02 cf 1e");

        Assert.True(VideoLayersAllocation.TryParse(value, out var allocation));

        Assert.Equal((1280, 720), allocation.SizeOf(0));
        Assert.False(allocation.IsActive(1));
    }

    [Fact]
    public void TryParse_WithoutSizes_ReadsActiveStreams()
    {
        Assert.True(VideoLayersAllocation.TryParse(Hex.Bytes("11 00 10 20"), out var allocation));

        Assert.True(allocation.IsActive(0) && allocation.IsActive(1));
        Assert.Equal((0, 0), allocation.SizeOf(0));
    }

    [Fact]
    public void TryParse_NothingSent_HasNoActiveStream()
    {
        Assert.True(VideoLayersAllocation.TryParse([0], out var allocation));

        Assert.DoesNotContain(Enumerable.Range(-1, 6), allocation.IsActive);
    }

    [Theory]
    [InlineData("")]
    [InlineData("61")] // no temporal layers
    [InlineData("61 a8 10")] // too few rates
    [InlineData("11 00 10 80")] // a rate without an end
    [InlineData("20 10")] // half of the masks
    public void TryParse_TooShort_ReturnsFalse(string hex) => Assert.False(VideoLayersAllocation.TryParse(Hex.Bytes(hex), out _));
}
