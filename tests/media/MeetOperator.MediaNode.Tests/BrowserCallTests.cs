using System.Net;
namespace MeetOperator.MediaNode.Tests;

/// <summary>Calls between Chromium browsers through a media node in this process.</summary>
[Collection(ExclusiveCollection.Name)]
public sealed class BrowserCallTests
{
    [Theory]
    [InlineData("VP8")]
    [InlineData("H264")]
    [InlineData("VP9")]
    [InlineData("AV1")]
    public async Task Call_BetweenTwoChromiums_ShowsVideo(string codec)
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("call.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), codec);

        var inbound = seen.GetProperty("inbound");
        Assert.True(inbound.GetProperty("video").GetProperty("frames").GetInt32() > 5);
        Assert.True(inbound.GetProperty("audio").GetProperty("packets").GetInt32() > 50);
        var outbound = seen.GetProperty("outbound");
        Assert.Equal("video/" + codec, outbound.GetProperty("video").GetProperty("codec").GetString());
        Assert.Equal("SRTP_AEAD_AES_128_GCM", outbound.GetProperty("srtp").GetString());
    }

    /// <summary>The only candidate is ::1.</summary>
    [Fact]
    public async Task Call_OverIPv6Only_ShowsVideo()
    {
        await using var node = await TestNode.StartAsync(o => o with { AdvertisedAddresses = [IPAddress.IPv6Loopback], BindAddresses = [IPAddress.IPv6Loopback] });
        await NodeScript.RunAsync("call.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), "VP8");

        Assert.True(await node.Host.Loops[0].RunAsync(() => node.Host.Loops[0].Statistics().ReceivedDatagrams, default) > 100);
    }

    /// <summary>The browsers get the candidates of TCP only, as if their network let no UDP through.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Call_OverTcpOnly_ShowsVideo(string address)
    {
        await using var node = await TestNode.StartAsync(o => o with { TcpPort = 0, AdvertisedAddresses = [IPAddress.Parse(address)], BindAddresses = [IPAddress.Parse(address)] });

        var seen = await NodeScript.RunAsync("call.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), "VP8", "tcp");

        Assert.Equal(["tcp", "tcp"], seen.GetProperty("protocols").EnumerateArray().Select(p => p.GetString()));
        Assert.True(seen.GetProperty("inbound").GetProperty("video").GetProperty("frames").GetInt32() > 5);
        Assert.True(seen.GetProperty("inbound").GetProperty("audio").GetProperty("packets").GetInt32() > 50);
    }

    /// <summary>Both protocols work.</summary>
    [Fact]
    public async Task Call_OverUdpAndTcp_PrefersUdp()
    {
        await using var node = await TestNode.StartAsync(o => o with { TcpPort = 0 });

        var seen = await NodeScript.RunAsync("call.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), "VP8");

        Assert.Equal(["udp", "udp"], seen.GetProperty("protocols").EnumerateArray().Select(p => p.GetString()));
    }

    [Theory]
    [InlineData("VP8")]
    [InlineData("H264")]
    [InlineData("VP9")]
    [InlineData("AV1")]
    public async Task View_ThreeLayersFromChromium_ShowsLayerThatFits(string codec)
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("layers.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), codec);

        Assert.True(seen.GetProperty("key").GetInt32() >= 7);
    }

    [Theory]
    [InlineData("VP9", "L3T3_KEY")]
    [InlineData("AV1", "L3T3_KEY")]
    [InlineData("VP9", "L3T3")]
    public async Task View_SpatialLayersFromChromium_ShowsLayerThatFits(string codec, string mode)
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("scalable.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), codec, mode);

        Assert.InRange(seen.GetProperty("key").GetInt32(), 1, 12);
    }

    /// <summary>A narrow line gets fewer pictures of the same size. Without layers to leave out, the picture would be paused, and each resumption would need a key frame.</summary>
    [Theory]
    [InlineData("VP9", "L1T2")]
    [InlineData("VP9", "L1T3")]
    [InlineData("AV1", "L1T2")]
    [InlineData("AV1", "L1T3")]
    public async Task Line_NarrowForTemporalLayersFromChromium_ShowsFewerPictures(string codec, string mode)
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("temporal.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers(), codec, mode);

        Assert.Equal((640, 0), (seen.GetProperty("narrow").GetProperty("width").GetInt32(), seen.GetProperty("narrow").GetProperty("keys").GetInt32()));
    }

    [Fact]
    public async Task Slot_NextParticipantWithAnotherCodec_IsShownWithoutOffer()
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("slots.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        Assert.Equal((0, 2), (seen.GetProperty("offers").GetInt32(), seen.GetProperty("ssrcs").GetInt32()));
    }

    [Fact]
    public async Task Call_ParticipantsChange_VideoContinues()
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("changes.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        Assert.True(seen.GetProperty("ok").GetBoolean());
    }

    /// <summary>The node sends media only to addresses that answer its own checks, although its SDP declares ICE-lite.</summary>
    [Fact]
    public async Task NodeChecks_ToChromium_AreAnsweredAndAccepted()
    {
        await using var node = await TestNode.StartAsync();

        await NodeScript.RunAsync("consent.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        var rejected = (await node.Http.GetStringAsync(new Uri(node.Address, "metrics"))).Split('\n')
            .Where(l => l.Contains("cause=\"Stun", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
        Assert.Empty(rejected);
    }

    /// <summary>Reports from the new address do not suffice. The node sends video there because Chromium answers its check.</summary>
    [Fact]
    public async Task ChromiumPort_ChangedByNat_VideoContinues()
    {
        await using var node = await TestNode.StartAsync();

        await NodeScript.RunAsync("rebind.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());
    }

    /// <summary>Without close_notify, ICE takes at least 4 s to detect the end.</summary>
    [Fact]
    public async Task EndSession_WithChromium_ClosesItsDtlsTransport()
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("goodbye.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        Assert.Equal("closed", seen.GetProperty("state").GetString());
    }
}
