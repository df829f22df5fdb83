using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Tests.Packets;

public sealed class PacketClassifierTests
{
    [Theory]
    [InlineData(0, 1, PacketKind.Stun)]
    [InlineData(3, 1, PacketKind.Stun)]
    [InlineData(4, 1, PacketKind.Unknown)]
    [InlineData(19, 1, PacketKind.Unknown)]
    [InlineData(20, 1, PacketKind.Dtls)]
    [InlineData(63, 1, PacketKind.Dtls)]
    [InlineData(64, 1, PacketKind.TurnChannel)]
    [InlineData(79, 1, PacketKind.TurnChannel)]
    [InlineData(80, 1, PacketKind.Unknown)]
    [InlineData(127, 1, PacketKind.Unknown)]
    [InlineData(128, 96, PacketKind.Rtp)]
    [InlineData(128, 191, PacketKind.Rtp)]
    [InlineData(128, 192, PacketKind.Rtcp)]
    [InlineData(128, 200, PacketKind.Rtcp)]
    [InlineData(128, 223, PacketKind.Rtcp)]
    [InlineData(128, 224, PacketKind.Rtp)]
    [InlineData(191, 96, PacketKind.Rtp)]
    [InlineData(192, 96, PacketKind.Unknown)]
    public void Classify_FirstTwoBytes_FollowsRfc7983(byte first, byte second, PacketKind expected) =>
        Assert.Equal(expected, PacketClassifier.Classify([first, second]));

    [Fact]
    public void Classify_TooShort_IsUnknown()
    {
        Assert.Equal(PacketKind.Unknown, PacketClassifier.Classify([]));
        Assert.Equal(PacketKind.Unknown, PacketClassifier.Classify([0x80]));
    }
}
