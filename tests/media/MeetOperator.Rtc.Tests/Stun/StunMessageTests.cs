using System.Net;
using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;
using MeetOperator.Testing;

namespace MeetOperator.Rtc.Tests.Stun;

/// <summary>The test vectors of RFC 5769, and invalid messages.</summary>
public sealed class StunMessageTests
{
    private static readonly byte[] Password = Encoding.ASCII.GetBytes("VOkJxbRl1RmTxUk/WvJxBt");

    /// <summary>RFC 5769 §2.1.</summary>
    private static byte[] SampleRequest => Hex.Bytes("""
        00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
        80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
        00 24 00 04 6e 00 01 ff
        80 29 00 08 93 2f f9 b1 51 26 3b 36
        00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
        00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
        80 28 00 04 e5 7a 3b cf
        """);

    /// <summary>RFC 5769 §2.2.</summary>
    private static byte[] SampleResponse => Hex.Bytes("""
        01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
        80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
        00 20 00 08 00 01 a1 47 e1 12 a6 43
        00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7
        80 28 00 04 c0 7d 4c 96
        """);

    [Fact]
    public void TryParse_Rfc5769Request_ParsesAndVerifies()
    {
        Assert.True(StunMessage.TryParse(SampleRequest, out var message));

        Assert.Equal(StunMessageType.BindingRequest, message.Type);
        Assert.Equal("evtj:h6vY", Encoding.ASCII.GetString(message.Username));
        Assert.Equal(0x6e0001ffu, message.Priority);
        Assert.True(message.HasIceControlled);
        Assert.True(message.VerifyFingerprint());
        Assert.True(message.VerifyIntegrity(Password));
        Assert.False(message.VerifyIntegrity("another password"u8));
    }

    /// <summary>RFC 5769 §2.3.</summary>
    [Fact]
    public void AddXorMappedAddress_IPv6_WritesRfc5769Value()
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, Convert.FromHexString("b7e7a701bc34d686fa87dfae"));
        writer.AddXorMappedAddress(TransportAddress.FromIPEndPoint(System.Net.IPEndPoint.Parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853")));

        Assert.Equal("002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9", Convert.ToHexStringLower(buffer.AsSpan(20, writer.Length - 20)));
    }

    [Fact]
    public void TryParse_Rfc5769Response_ReturnsMappedAddress()
    {
        Assert.True(StunMessage.TryParse(SampleResponse, out var message));

        var address = StunAnswers.MappedAddressOf(message);
        Assert.Equal(IPEndPoint.Parse("192.0.2.1:32853"), address?.ToIPEndPoint());
        Assert.True(message.VerifyFingerprint());
        Assert.True(message.VerifyIntegrity(Password));
    }

    [Fact]
    public void TryReadLocalUfrag_Request_ReturnsPartBeforeColon()
    {
        Assert.True(StunMessage.TryReadLocalUfrag(SampleRequest, out var ufrag));
        Assert.Equal("evtj", Encoding.ASCII.GetString(ufrag));
        Assert.False(StunMessage.TryReadLocalUfrag(SampleResponse, out _));
    }

    [Fact]
    public void Verify_AnyFlippedBit_Fails()
    {
        for (var bit = 0; bit < SampleRequest.Length * 8; bit++)
        {
            var bytes = SampleRequest;
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var accepted = StunMessage.TryParse(bytes, out var message) && message.VerifyFingerprint() && message.VerifyIntegrity(Password);
            var inFingerprint = bit / 8 >= bytes.Length - 8; // the fingerprint is optional and not covered by the integrity
            Assert.False(accepted && !inFingerprint, $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(19)]
    [InlineData(60)]
    public void TryParse_TruncatedMessage_ReturnsFalse(int length) => Assert.False(StunMessage.TryParse(SampleRequest.AsSpan(0, length), out _));

    [Fact]
    public void TryParse_AttributeAfterFingerprint_ReturnsFalse()
    {
        var bytes = SampleRequest.Concat(Hex.Bytes("00 25 00 00")).ToArray();
        bytes[3] += 4;
        Assert.False(StunMessage.TryParse(bytes, out _));
    }

    [Fact]
    public void TryParse_UseCandidateAfterIntegrity_IsIgnored()
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, new byte[12]);
        writer.AddUsername("a:b"u8);
        writer.AddIntegrity(Password);
        writer.AddUseCandidate();

        Assert.True(StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out var message));
        Assert.True(message.VerifyIntegrity(Password));
        Assert.False(message.HasUseCandidate);
    }

    [Fact]
    public void Writer_FullRequest_RoundTrips()
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        Array.Fill(buffer, (byte)0xEE);
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, Hex.Bytes("000102030405060708090a0b"));
        writer.AddUsername("abc:defgh"u8);
        writer.AddPriority(77);
        writer.AddIceControlling(5);
        writer.AddUseCandidate();
        writer.AddIntegrity(Password);
        writer.AddFingerprint();

        Assert.True(StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out var message));
        Assert.True(message.VerifyFingerprint() && message.VerifyIntegrity(Password));
        Assert.True(message.HasUseCandidate && StunAnswers.HasAttribute(message, StunConstants.IceControlling) && !message.HasIceControlled);
        Assert.Equal(77u, message.Priority);
        Assert.Equal("abc:defgh", Encoding.ASCII.GetString(message.Username));
        Assert.Equal(0, message.UnknownRequiredAttribute);
    }

    [Fact]
    public void Writer_ErrorResponse_HasCode()
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingError, new byte[12]);
        writer.AddErrorCode(487, "Role Conflict"u8);

        Assert.True(StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out var message));
        Assert.Equal(487, StunAnswers.ErrorCodeOf(message));
    }
}
