namespace MeetOperator.MediaNode.Tests;

/// <summary>A real Chromium publishes and another one plays, through this process' node.</summary>
[Collection(AloneCollection.Name)]
public sealed class BrowserCallTests
{
    [Theory]
    [InlineData("VP8")]
    [InlineData("H264")]
    [InlineData("VP9")]
    [InlineData("AV1")]
    public async Task Call_BetweenTwoChromiums_ShowsThePicture(string codec)
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

    [Fact]
    public async Task Call_PeopleChange_NothingStandsStill()
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("changes.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        Assert.True(seen.GetProperty("ok").GetBoolean());
    }

    /// <summary>Media goes only where the node's own checks are answered, although its description says that it is ICE-lite.</summary>
    [Fact]
    public async Task ChecksOfTheNode_AreAnsweredByChromium_AndTheAnswersAreTaken()
    {
        await using var node = await TestNode.StartAsync();

        await NodeScript.RunAsync("consent.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        var refused = (await node.Http.GetStringAsync(new Uri(node.Address, "metrics"))).Split('\n')
            .Where(l => l.Contains("cause=\"Stun", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
        Assert.Empty(refused);
    }

    /// <summary>Its reports alone allow no picture: the new mapping gets one because Chromium answers the node's check there.</summary>
    [Fact]
    public async Task NatGivesAChromiumAnotherPort_ThePictureGoesOn()
    {
        await using var node = await TestNode.StartAsync();

        await NodeScript.RunAsync("rebind.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());
    }

    /// <summary>ICE would need 4 s and more to notice.</summary>
    [Fact]
    public async Task EndOfASession_ShowsAtTheDtlsTransportOfThePage()
    {
        await using var node = await TestNode.StartAsync();

        var seen = await NodeScript.RunAsync("goodbye.mjs", node.Address.ToString().TrimEnd('/'), NodeScript.Callers());

        Assert.Equal("closed", seen.GetProperty("state").GetString());
    }
}
