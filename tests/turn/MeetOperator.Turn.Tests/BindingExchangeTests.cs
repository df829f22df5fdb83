using System.Net;
using System.Net.Sockets;
using MeetOperator.Stun;

namespace MeetOperator.Turn.Tests;

/// <summary>Exchanges with peers that are silent, lie, or lose packets.</summary>
public sealed class BindingExchangeTests
{
    [Fact]
    public async Task Run_FirstRequestLost_IsAnsweredByTheNext()
    {
        using var peer = new ScriptedPeer((number, request) => number == 0 ? [] : [ScriptedPeer.Success(request)]);

        var result = await AskAsync(peer.Server);

        Assert.Equal(BindingOutcome.Answered, result.Outcome);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("198.51.100.7"), 4711), result.Mapped);
        Assert.InRange(result.RoundTrip, TimeSpan.Zero, TimeSpan.FromMilliseconds(400)); // of the request that was answered
    }

    [Fact]
    public async Task Run_ForgedTransactionIds_DoNotCount()
    {
        using var peer = new ScriptedPeer((_, request) => [Forged(request)]);

        Assert.Equal(BindingOutcome.NoAnswer, (await AskAsync(peer.Server)).Outcome);
    }

    [Fact]
    public async Task Run_ForgedResponsesBeforeTheRealOne_AreSkipped()
    {
        using var peer = new ScriptedPeer((_, request) => [Forged(request), [], [1], new byte[1400], request, ScriptedPeer.Success(request)]);

        Assert.Equal(BindingOutcome.Answered, (await AskAsync(peer.Server)).Outcome);
    }

    /// <summary>A client's ICE agent would not accept it either: the way back has another address.</summary>
    [Fact]
    public async Task Run_AnswerFromAnotherPort_DoesNotCount()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var peer = new ScriptedPeer((_, request) => [ScriptedPeer.Success(request)], other);

        Assert.Equal(BindingOutcome.NoAnswer, (await AskAsync(peer.Server)).Outcome);
    }

    [Fact]
    public async Task Run_NobodyListens_IsRefused()
    {
        IPEndPoint server;
        using (var peer = new ScriptedPeer((_, _) => []))
        {
            server = peer.Server;
        }

        Assert.Equal(BindingOutcome.Refused, (await AskAsync(server)).Outcome);
        Assert.Equal(BindingOutcome.Refused, (await AskAsync(server, StunTransport.IceTcp)).Outcome);
    }

    [Theory]
    [InlineData("", StunTransport.IceTcp)] // closes at once
    [InlineData("FFFF00", StunTransport.IceTcp)]
    [InlineData("0004AABBCCDD", StunTransport.IceTcp)]
    [InlineData("0000", StunTransport.IceTcp)]
    [InlineData("485454502F312E31203430302042616420526571756573740D0A0D0A", StunTransport.Tcp)]
    [InlineData("0101FFFF2112A442000000000000000000000000", StunTransport.Tcp)]
    [InlineData("0101000021", StunTransport.Tcp)]
    public async Task Run_TcpPeerWithOtherBytes_IsRefused(string hex, StunTransport transport)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, Convert.FromHexString(hex));

        var result = await AskAsync((IPEndPoint)listener.LocalEndpoint, transport);

        Assert.Equal(BindingOutcome.Refused, result.Outcome);
        await serving;
    }

    [Fact]
    public async Task Run_TlsAtAPortWithoutTls_FailsAtTls()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

        Assert.Equal(BindingOutcome.TlsFailed, (await AskAsync((IPEndPoint)listener.LocalEndpoint, StunTransport.Tls)).Outcome);
        await serving;
    }

    /// <summary>Any bytes in the place of the response: never an exception, and never an answer.</summary>
    [Fact]
    public async Task Run_RandomResponses_DoNotCount()
    {
        var random = new Random(7);
        using var peer = new ScriptedPeer((_, request) => [.. Enumerable.Range(0, 200).Select(_ => Mutated(random, request))]);

        Assert.Equal(BindingOutcome.NoAnswer, (await AskAsync(peer.Server)).Outcome);
    }

    [Theory]
    [InlineData("turn:203.0.113.7:3478?transport=udp", "203.0.113.7", 3478, StunTransport.Udp)]
    [InlineData("turn:[2001:db8::7]:3478?transport=tcp", "2001:db8::7", 3478, StunTransport.Tcp)]
    [InlineData("turns:relay.example.com:443?transport=tcp", "relay.example.com", 443, StunTransport.Tls)]
    public void Parse_UrlOfARelay_ReturnsItsParts(string text, string host, int port, StunTransport transport) => Assert.Equal(new TurnUrl(host, port, transport), TurnUrl.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("turn:")]
    [InlineData("turn::3478")]
    [InlineData("turn:host")]
    [InlineData("turn:host:0")]
    [InlineData("turn:host:65536")]
    [InlineData("turn:host:-1")]
    [InlineData("stun:host:3478")]
    [InlineData("https://host:443/")]
    public void Parse_OtherText_ReturnsNull(string text) => Assert.Null(TurnUrl.Parse(text));

    private static Task<BindingResult> AskAsync(IPEndPoint server, StunTransport transport = StunTransport.Udp) => BindingExchange.RunAsync(server, transport, null, TimeProvider.System, default);

    private static byte[] Forged(byte[] request)
    {
        var forged = ScriptedPeer.Success(request);
        forged[19] ^= 1;
        return forged;
    }

    /// <summary>A response with one change that makes it another one, or noise.</summary>
    private static byte[] Mutated(Random random, byte[] request)
    {
        var message = random.Next(2) == 0 ? ScriptedPeer.Success(request) : new byte[random.Next(0, 100)];
        if (message.Length < 32)
        {
            random.NextBytes(message);
            return message;
        }

        message[random.Next(8, 20)] ^= (byte)random.Next(1, 256);
        return message[..random.Next(0, message.Length + 1)];
    }

    private static async Task ServeAsync(TcpListener listener, byte[] response)
    {
        using var client = await listener.AcceptSocketAsync();
        var buffer = new byte[1500];
        await client.ReceiveAsync(buffer);
        if (response.Length > 0)
        {
            await client.SendAsync(response);
        }

        client.Shutdown(SocketShutdown.Send);
    }
}
