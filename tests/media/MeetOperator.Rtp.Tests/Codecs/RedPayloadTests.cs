using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Rtp.Tests.Codecs;

public sealed class RedPayloadTests
{
    [Fact]
    public void Write_OneEarlierFrame_HasTheHeadersOfRfc2198()
    {
        var payload = new byte[100];

        var length = RedPayload.Write(111, [1, 2, 3], 960, [4, 5], payload);

        // F=1, type 111; offset 960 in 14 bits, length 3 in 10 bits; F=0, type 111.
        Assert.Equal([0x80 | 111, 0x0F, 0x00, 0x03, 111, 1, 2, 3, 4, 5], payload[..length]);
        Assert.True(RedPayload.TryFindCurrent(payload.AsSpan(0, length), out var type, out var offset));
        Assert.Equal((111, 8), (type, offset));
    }

    [Fact]
    public void TryFindCurrent_NoEarlierFrame_IsAfterOneByte()
    {
        Assert.True(RedPayload.TryFindCurrent([111, 9, 9], out var type, out var offset));
        Assert.Equal((111, 1), (type, offset));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x80 | 111 })]
    [InlineData(new byte[] { 0x80 | 111, 0x0F, 0x00, 0x03 })]
    [InlineData(new byte[] { 0x80 | 111, 0x0F, 0x00, 0x03, 111, 1, 2 })]
    [InlineData(new byte[] { 0x80 | 111, 0x0F, 0x03, 0xFF, 111, 1, 2 })]
    public void TryFindCurrent_FramesLongerThanPayload_IsFalse(byte[] payload) => Assert.False(RedPayload.TryFindCurrent(payload, out _, out _));

    [Fact]
    public void TryFindCurrent_AnyBytes_PointsIntoThePayload()
    {
        var random = new Random(1);
        for (var i = 0; i < 100_000; i++)
        {
            var payload = new byte[random.Next(0, 40)];
            random.NextBytes(payload);
            if (RedPayload.TryFindCurrent(payload, out _, out var offset))
            {
                Assert.InRange(offset, 1, payload.Length);
            }

            RedPayload.SetPayloadType(payload, 99); // must not throw either
        }
    }

    [Fact]
    public void SetPayloadType_TwoFrames_ChangesBothTypesAndNothingElse()
    {
        var payload = new byte[10];
        RedPayload.Write(111, [1, 2, 3], 960, [4, 5], payload);

        RedPayload.SetPayloadType(payload, 96);

        Assert.Equal([0x80 | 96, 0x0F, 0x00, 0x03, 96, 1, 2, 3, 4, 5], payload);
    }

    [Theory]
    [InlineData(0, 960u)]
    [InlineData(RedPayload.MaxRedundantBytes + 1, 960u)]
    [InlineData(10, 0u)]
    [InlineData(10, RedPayload.MaxTimestampOffset + 1)]
    public void Write_EarlierFrameDoesNotFit_WritesNothing(int earlier, uint offset) =>
        Assert.Equal(0, RedPayload.Write(111, new byte[earlier], offset, [1], new byte[2000]));
}
