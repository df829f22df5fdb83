using System.Net;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Keys;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Tests.Access;

/// <summary>Tests of small classes for access control.</summary>
public sealed class AccessTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("http://meet.example:8080", true)]
    [InlineData("https://public.example", true)]
    [InlineData("http://meet.example:9090", false)]
    [InlineData("http://meet.example", false)]
    [InlineData("https://evil.example", false)]
    [InlineData("http://public.example", false)]
    [InlineData("https://public.example.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("file:///x", false)]
    [InlineData("", false)]
    public void Allows_Origin_AcceptsOnlySameHostOrPublicUrl(string? origin, bool allowed)
    {
        var request = Request(host: "meet.example:8080");
        if (origin is not null)
        {
            request.Headers.Origin = origin;
        }

        Assert.Equal(allowed, new OriginPolicy(new Uri("https://public.example")).IsAllowed(request));
    }

    [Theory]
    [InlineData("127.0.0.1", "localhost:8080", null, true)]
    [InlineData("::1", "[::1]:8080", null, true)]
    [InlineData("127.9.8.7", "127.9.8.7:8080", null, true)]
    [InlineData("127.0.0.1", "meet.local", null, true)]
    [InlineData("10.0.0.5", "localhost:8080", null, false)]
    [InlineData("127.0.0.1", "rebound.evil.example:8080", null, false)]
    [InlineData("127.0.0.1", "localhost:8080", "203.0.113.9", false)]
    [InlineData("127.0.0.1", "localhost:8080", "127.0.0.1, 203.0.113.9", false)]
    [InlineData("127.0.0.1", "localhost:8080", "127.0.0.1", true)]
    [InlineData("10.0.0.5", "localhost:8080", "127.0.0.1", false)]
    public void IsLocal_Request_ChecksPeerHostAndForwardedHops(string peer, string host, string? forwardedFor, bool local)
    {
        var request = Request(host);
        request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (forwardedFor is not null)
        {
            request.Headers["X-Forwarded-For"] = forwardedFor;
        }

        Assert.Equal(local, new OriginPolicy(new Uri("http://meet.local")).IsLocal(request));
    }

    [Fact]
    public void WebSocketUrl_VariousHosts_UsesCalledHost()
    {
        var urls = new Urls(new Uri("https://meet.example"));
        Assert.Equal("ws://localhost:9000/meetings/m?code=c", urls.WebSocketUrl(Request("localhost:9000"), "m", "c"));
        Assert.Equal("wss://meet.example/meetings/m?code=c", urls.WebSocketUrl(Request("meet.example"), "m", "c"));
        Assert.Equal("https://meet.example/m/m", urls.JoinUrl(Request("localhost:9000"), "m"));
        var behindProxy = Request("meet-signaling.meet-system:8080");
        behindProxy.Headers.Origin = "https://meet.example";
        Assert.Equal("wss://meet.example/meetings/m?code=c", urls.WebSocketUrl(behindProxy, "m", "c"));
        Assert.Equal("http://localhost:9000/m/m", new Urls(null).JoinUrl(Request("localhost:9000"), "m"));
    }

    [Fact]
    public void CheckTunnelUrl_PageOnThePublicUrl_IsThere()
    {
        var request = Request("meet-signaling.meet-system:8080");
        request.Headers.Origin = "https://meet.example";
        Assert.Equal("wss://meet.example/meetings/m/tunnel?check=a%2Fb", new Urls(new Uri("https://meet.example")).CheckTunnelUrl(request, "m", "a/b"));
        Assert.Equal("ws://meet-signaling.meet-system:8080/meetings/m/tunnel?check=c", new Urls(null).CheckTunnelUrl(request, "m", "c"));
    }

    [Fact]
    public async Task TryTake_BurstUsed_WaitsForReplenishment()
    {
        using var throttle = new Throttle(perSecond: 10, burst: 3);
        Assert.Equal([true, true, true], Enumerable.Range(0, 3).Select(_ => throttle.TryTake("a")));
        Assert.False(throttle.TryTake("a", 3));
        Assert.True(throttle.TryTake("b", 3));
        await Eventually.TrueAsync(() => throttle.TryTake("a", 2), "the tokens are replenished");
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::/64")]
    public void KeyOf_Address_ReturnsIpv4OrIpv6Network(string address, string key) => Assert.Equal(key, CallerAddress.KeyOf(IPAddress.Parse(address)));

    [Fact]
    public void TryOpen_SealedSession_SucceedsOnlyForOwner()
    {
        var seal = new MediaSessionSeal(new SigningKeys([new SigningKey(RandomNumberGenerator.GetBytes(32))]));
        var owner = new TokenSubject { Tenant = "acme", MeetingId = "m", ParticipantId = "p" };
        var text = seal.Seal(owner, "pub-1/ü");
        Assert.True(seal.TryOpen(owner, text, out var session));
        Assert.Equal("pub-1/ü", session);
        Assert.False(seal.TryOpen(owner with { ParticipantId = "q" }, text, out _));
        Assert.False(seal.TryOpen(owner with { MeetingId = "n" }, text, out _));
        Assert.All(["", ".", "a.b", "!.!", text + "x", new string('a', 600)], broken => Assert.False(seal.TryOpen(owner, broken, out _)));
    }

    [Fact]
    public void FromFile_TextOrBinaryFile_ReadsAllKeys()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, $"{new string('a', 32)}\n{new string('b', 40)}\n\n");
            var keys = SigningKeys.FromFile(path, new ManualTime()).Current;
            Assert.Equal([new SigningKey(Encoding.ASCII.GetBytes(new string('a', 32))).Id, new SigningKey(Encoding.ASCII.GetBytes(new string('b', 40))).Id], keys.Select(k => k.Id));
            var raw = RandomNumberGenerator.GetBytes(64);
            raw[0] = 0;
            File.WriteAllBytes(path, raw);
            Assert.Equal(new SigningKey(raw).Id, Assert.Single(SigningKeys.FromFile(path, new ManualTime()).Current).Id);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static HttpRequest Request(string host)
    {
        var request = new DefaultHttpContext().Request;
        request.Scheme = "http";
        request.Host = new HostString(host);
        return request;
    }
}
