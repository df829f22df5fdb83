using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class RemoteTransportTests
{
    [Fact]
    public void TryRead_ChromiumOffer_ReadsFirstSection()
    {
        Assert.True(RemoteTransport.TryRead(Golden.Offer("chromium-publish"), isAnswer: false, out var remote, out _));

        Assert.StartsWith("sha-256 ", Assert.Single(remote.Fingerprints), StringComparison.Ordinal);
        Assert.Equal(24, remote.Password.Length);
    }

    [Fact]
    public void TryRead_FirefoxOffer_FallsBackToSessionLevel()
    {
        Assert.True(RemoteTransport.TryRead(Golden.Offer("firefox-call"), isAnswer: false, out var remote, out _));

        Assert.Equal(("9e1e0bd5", "c16dd7ba21f40d4cd8ae8d8abd09e5ba"), (remote.Ufrag, remote.Password));
        Assert.StartsWith("sha-256 6B:8B:F0", Assert.Single(remote.Fingerprints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=ice-ufrag:", "a=ice-ufrag is missing")]
    [InlineData("a=ice-pwd:", "a=ice-pwd is missing")]
    [InlineData("a=fingerprint:", "a=fingerprint")]
    public void TryRead_MissingAttribute_NamesAttribute(string attribute, string message)
    {
        var text = Golden.OfferText("chromium-publish").Replace(attribute, "a=gone:", StringComparison.Ordinal);

        Assert.False(RemoteTransport.TryRead(Sample.Parse(text), isAnswer: false, out _, out var error));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_SeveralFingerprints_ReadsAll()
    {
        var text = Golden.OfferText("chromium-publish").Replace("a=fingerprint:", "a=fingerprint:sha-1 AA:BB\na=fingerprint:sha-512 01:02\na=fingerprint:", StringComparison.Ordinal);

        Assert.True(RemoteTransport.TryRead(Sample.Parse(text), isAnswer: false, out var remote, out _));
        Assert.Equal(["sha-1", "sha-512", "sha-256"], remote.Fingerprints.Select(f => f.Split(' ')[0]));
    }

    [Fact]
    public void TryRead_TooManyFingerprints_ReturnsFalse()
    {
        var text = Golden.OfferText("chromium-publish").Replace(
            "a=fingerprint:", string.Concat(Enumerable.Repeat("a=fingerprint:sha-1 AA:BB\n", 16)) + "a=fingerprint:", StringComparison.Ordinal);

        Assert.False(RemoteTransport.TryRead(Sample.Parse(text), isAnswer: false, out _, out var error));
        Assert.Contains("more than 16 a=fingerprint", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_PassiveSetup_ReturnsFalse()
    {
        var text = Golden.OfferText("chromium-publish").Replace("a=setup:actpass", "a=setup:passive", StringComparison.Ordinal);

        Assert.False(RemoteTransport.TryRead(Sample.Parse(text), isAnswer: false, out _, out var error));
        Assert.Contains("a=setup:passive is not supported", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=ice-ufrag:ab", "4 to 256")]
    [InlineData("a=ice-pwd:short", "22 to 256")]
    public void TryRead_CredentialLengthOutOfRange_ReturnsFalse(string line, string message)
    {
        var name = line[..line.IndexOf(':')];
        var text = string.Join("\r\n", Golden.OfferText("chromium-publish").Split('\n').Select(l => l.TrimEnd())
            .Select(l => l.StartsWith(name, StringComparison.Ordinal) ? line : l));

        Assert.False(RemoteTransport.TryRead(Sample.Parse(text), isAnswer: false, out _, out var error));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
