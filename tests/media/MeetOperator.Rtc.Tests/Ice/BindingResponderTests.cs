using System.Buffers.Binary;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Tests.Ice;

/// <summary>Anyone may send binding requests without credentials, also with a forged source address.</summary>
public sealed class BindingResponderTests
{
    private static readonly TransportAddress V4 = new(0xC6336407, 4711);
    private static readonly TransportAddress V6 = new(0x20010DB800000000, 7, 4711);
    private static readonly byte[] Id = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    private readonly BindingResponder _responder = new(ports: 1);

    [Fact]
    public void TryRespond_RequestOfIPv4_ReturnsItsAddress()
    {
        var response = Respond(1, V4, Request());

        Assert.Equal(32, response!.Length);
        Assert.True(StunMessage.TryParse(response, out var message));
        Assert.Equal(StunMessageType.BindingSuccess, message.Type);
        Assert.Equal(Id, message.TransactionId);
        Assert.Equal([0, 8, 0, 1, 0x12 ^ 0x21, 0x67 ^ 0x12, 0xC6 ^ 0x21, 0x33 ^ 0x12, 0x64 ^ 0xA4, 0x07 ^ 0x42], response[22..32]);
    }

    [Fact]
    public void TryRespond_ShortestRequest_IsHardlyShorterThanTheResponse()
    {
        var shortest = Request(BindingResponder.MinRequestBytes);

        Assert.InRange(Respond(1, V4, shortest)!.Length, 1, shortest.Length);
        Assert.InRange(Respond(1, V6, shortest)!.Length, 1, shortest.Length * 3 / 2);
    }

    [Fact]
    public void TryRespond_ShorterRequest_IsDropped() => Assert.Null(Respond(1, V4, Request(BindingResponder.MinRequestBytes - 4)));

    [Fact]
    public void TryRespond_CheckOfAClient_IsDropped()
    {
        var buffer = new byte[EchoProbe.MaximumLength];
        var length = new EchoProbe(IceCredentials.Generate()).WriteRequest(Id, buffer);

        Assert.Null(Respond(1, V4, buffer[..length]));
    }

    [Theory]
    [InlineData(0, 0x01)] // a success response, which must not be answered, or two nodes would answer each other forever
    [InlineData(0, 0x11)] // an error response
    [InlineData(1, 0x11)] // an indication
    [InlineData(1, 0x03)] // an allocation
    [InlineData(4, 0x00)] // not STUN
    [InlineData(20, 0x00)] // an attribute that must be understood
    public void TryRespond_OtherMessage_IsDropped(int position, byte value)
    {
        var request = Request();
        request[position] = position == 0 ? (byte)1 : value;
        if (position == 0)
        {
            request[1] = value;
        }

        Assert.Null(Respond(1, V4, request));
    }

    [Fact]
    public void TryRespond_OneSenderFloods_LeavesResponsesForOthers()
    {
        var flood = Enumerable.Range(0, 1000).Count(_ => Respond(1, V4, Request()) is not null);
        var others = Enumerable.Range(0, 20).Count(each => Respond(1, new TransportAddress(0x0A000001 + (uint)each, 4711), Request()) is not null);

        Assert.Equal(BindingResponder.PerSecondOfSender, flood);
        Assert.InRange(others, 15, 20); // Some may share its limit.
        Assert.NotNull(Respond(TimeSpan.TicksPerSecond * 2, V4, Request()));
    }

    /// <summary>A media node sends one sender at most ten responses a second, however many ports it has (up to ten).</summary>
    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 9)]
    [InlineData(9, 9)]
    public void TryRespond_SeveralPorts_ShareTheLimitOfASender(int ports, int expected)
    {
        var (buffer, answered) = (new byte[EchoProbe.MaximumLength], 0);
        foreach (var responder in Enumerable.Range(0, ports).Select(_ => new BindingResponder(ports)))
        {
            answered += Enumerable.Range(0, 100).Count(_ => responder.TryRespond(1, V4, Request(), buffer, out var _));
        }

        Assert.Equal(expected, answered);
    }

    [Fact]
    public void TryRespond_ManyForgedSenders_AreLimitedTogether()
    {
        var answered = Enumerable.Range(0, 10_000).Count(each => Respond(1, new TransportAddress(0x0A000001 + (uint)each, 4711), Request()) is not null);

        Assert.Equal(BindingResponder.PerSecond, answered);
    }

    [Fact]
    public void TryRespond_AddressesOfOneIPv6Network_ShareALimit() =>
        Assert.Equal(BindingResponder.PerSecondOfSender, Enumerable.Range(0, 100).Count(each => Respond(1, new TransportAddress(V6.High, (ulong)each, 4711), Request()) is not null));

    /// <summary>A request with SOFTWARE that fills it up.</summary>
    private static byte[] Request(int length = 48)
    {
        var request = new byte[length];
        request[1] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), (ushort)(length - 20));
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(4), 0x2112A442);
        Id.CopyTo(request, 8);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(20), 0x8022);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(22), (ushort)(length - 24));
        return request;
    }

    private byte[]? Respond(long now, TransportAddress from, byte[] datagram)
    {
        var buffer = new byte[EchoProbe.MaximumLength];
        return _responder.TryRespond(now, from, datagram, buffer, out var length) ? buffer[..length] : null;
    }
}
