using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Tests.Rtcp;

public sealed class ApplicationDefinedPacketTests
{
    private const uint Name = 0x4C494E4B;

    [Fact]
    public void AddApplicationDefined_AnyLength_IsPaddedAndParsed()
    {
        for (var length = 0; length <= 9; length++)
        {
            var buffer = Enumerable.Repeat((byte)0xAA, 40).ToArray();
            var writer = new RtcpWriter(buffer);
            Assert.True(writer.AddApplicationDefined(3, 7, Name, Enumerable.Repeat((byte)1, length).ToArray()));

            var count = 0;
            foreach (var packet in new RtcpReader(writer.Written))
            {
                Assert.True(ApplicationDefinedPacket.TryParse(packet, out var parsed));
                Assert.Equal((3, 7u, Name), (parsed.Subtype, parsed.Ssrc, parsed.Name));
                Assert.Equal((length + 3) / 4 * 4, parsed.Data.Length);
                Assert.True(parsed.Data[..length].IndexOfAnyExcept((byte)1) < 0 && parsed.Data[length..].IndexOfAnyExcept((byte)0) < 0);
                count++;
            }

            Assert.Equal(1, count);
        }
    }

    [Fact]
    public void AddApplicationDefined_LargeSubtypeOrSmallBuffer_WritesNothing()
    {
        var writer = new RtcpWriter(new byte[15]);

        Assert.False(writer.AddApplicationDefined(32, 1, Name, []));
        Assert.False(writer.AddApplicationDefined(1, 1, Name, new byte[1]));
        Assert.True(writer.AddApplicationDefined(31, 1, Name, []));
    }

    [Fact]
    public void TryParse_OtherTypeOrTooShort_ReturnsFalse()
    {
        foreach (var packet in new RtcpReader([0x80, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0]))
        {
            Assert.False(ApplicationDefinedPacket.TryParse(packet, out _));
        }

        foreach (var packet in new RtcpReader([0x80, 204, 0, 1, 0, 0, 0, 1]))
        {
            Assert.False(ApplicationDefinedPacket.TryParse(packet, out _));
        }
    }
}
