using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Rtp.Tests.HeaderExtensions;

public sealed class HeaderExtensionMapTests
{
    [Fact]
    public void With_IdOfAnotherKind_RemovesTheOtherKind()
    {
        var map = HeaderExtensionMap.Empty.With(HeaderExtensionKind.TransportSequenceNumber, 5).With(HeaderExtensionKind.VideoOrientation, 5);

        Assert.Equal((0, 5), (map.IdOf(HeaderExtensionKind.TransportSequenceNumber), map.IdOf(HeaderExtensionKind.VideoOrientation)));
        Assert.Equal(HeaderExtensionKind.VideoOrientation, map.KindOf(5));
    }

    [Fact]
    public void With_KindAgain_MovesItToTheNewId()
    {
        var map = HeaderExtensionMap.Empty.With(HeaderExtensionKind.Mid, 4).With(HeaderExtensionKind.Mid, 6);

        Assert.Equal((6, HeaderExtensionKind.Unknown, HeaderExtensionKind.Mid), (map.IdOf(HeaderExtensionKind.Mid), map.KindOf(4), map.KindOf(6)));
    }
}
