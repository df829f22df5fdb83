using System.Text;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class SessionDescriptionTests
{
    [Fact]
    public void TryParse_ChromiumOffer_ReadsSectionsAndBundle()
    {
        var offer = Golden.Offer("chromium-publish");

        Assert.Equal(["0", "1"], offer.BundledMids);
        Assert.Equal(["audio", "video"], offer.Sections.Select(s => s.Kind));
        Assert.All(offer.Sections, s => Assert.True(s.HasRtcpMux));
        Assert.All(offer.Sections, s => Assert.Equal(MediaDirection.SendOnly, s.Direction));
        Assert.Equal(new SsrcPair(1748166772, null), offer.Sections[0].Ssrcs);
        Assert.NotNull(offer.Sections[1].Ssrcs!.Value.Retransmission);
    }

    [Fact]
    public void Codecs_ChromiumOffer_AttachesRtxToRepairedCodec()
    {
        var codecs = Golden.Offer("chromium-publish").Sections[1].Codecs;

        Assert.DoesNotContain(codecs, c => c.Is("rtx"));
        var vp8 = codecs[0];
        Assert.Equal(("VP8", 96, 97), (vp8.Name, vp8.PayloadType, vp8.RtxPayloadType!.Value));
        Assert.Contains("nack pli", vp8.Feedback);
        Assert.Equal("42e01f", codecs.First(c => c.PayloadType == 108).Parameter("profile-level-id"));
    }

    /// <summary>The thread that forwards media also parses offers, so an offer that repeats a codec a thousand times must not delay it.</summary>
    [Fact]
    public void Codecs_RepeatedFormatAndFeedback_AreReadOnce()
    {
        var offer = Sample.Parse(
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF" + string.Concat(Enumerable.Repeat(" 96", 1300)) + "\r\na=mid:0\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n"
            + string.Concat(Enumerable.Repeat("a=rtcp-fb:* x\r\n", 19_000)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var codec = Assert.Single(offer.Sections[0].Codecs);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
        Assert.Equal(("VP8", 96), (codec.Name, codec.PayloadType));
        Assert.Contains("nack", codec.Feedback);
    }

    [Fact]
    public void TryParse_FirefoxOffer_ReadsSessionFingerprintAndExtensions()
    {
        var offer = Golden.Offer("firefox-call");

        Assert.StartsWith("sha-256 6B:8B", offer.Value("fingerprint"), StringComparison.Ordinal);
        Assert.Contains(new HeaderExtension(6, HeaderExtensionUris.PlayoutDelay, MediaDirection.RecvOnly), offer.Sections[1].Extensions);
        Assert.Equal(MediaDirection.RecvOnly, offer.Sections[2].Direction);
        Assert.Equal(new SsrcPair(1839483520, 2671435721), offer.Sections[1].Ssrcs);
    }

    [Theory]
    [InlineData("chromium-publish")]
    [InlineData("chromium-call")]
    [InlineData("chromium-play")]
    [InlineData("chromium-data")]
    [InlineData("chromium-simulcast")]
    [InlineData("firefox-call")]
    [InlineData("firefox-publish")]
    [InlineData("firefox-play")]
    [InlineData("firefox-data")]
    [InlineData("firefox-simulcast")]
    [InlineData("firefox-answer")]
    public void ToString_ParsedDescription_RoundTrips(string name)
    {
        var once = Golden.Offer(name);
        var twice = Sample.Parse(once.ToString());

        Assert.Equal(once.ToString(), twice.ToString());
        Assert.Equal(once.Sections.Select(s => s.Attributes.Count), twice.Sections.Select(s => s.Attributes.Count));
    }

    [Fact]
    public void TryParse_TracksOfHundredParticipants_ReadsAllSections()
    {
        // The size of Chromium's answer for a hundred participants: 200 sections, about 240,000 characters.
        var section = Golden.OfferText("chromium-publish").Split("m=video")[1];
        var text = "v=0\r\ns=-\r\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"m=video{section[..Math.Min(section.Length, 1200)].TrimEnd()}\r\n"));

        Assert.InRange(text.Length, 220_000, SdpLimits.MaxCharacters);
        Assert.True(SessionDescription.TryParse(text, out var description, out var error), error?.ToString());
        Assert.Equal(200, description.Sections.Count);
    }

    [Theory]
    [InlineData("", 0, "empty")]
    [InlineData("   ", 0, "empty")]
    [InlineData("o=- 1 1 IN IP4 0.0.0.0", 1, "v=0")]
    [InlineData("v=1", 1, "v=0")]
    [InlineData("v=0\r\nhello", 2, "<letter>=<value>")]
    [InlineData("v=0\r\nm=video", 2, "m=<kind>")]
    [InlineData("v=0\r\ns=-\r\nm=video 99999 UDP/TLS/RTP/SAVPF 96", 3, "'99999' is not a port")]
    [InlineData("v=0\r\nm=video -1 UDP/TLS/RTP/SAVPF 96", 2, "is not a port")]
    [InlineData("v=0\r\na=", 2, "a=<name>")]
    [InlineData("v=0\r\na=:x", 2, "a=<name>")]
    [InlineData("v=0\r\na=mid:\u0001", 2, "control characters")]
    public void TryParse_MalformedText_NamesLine(string text, int line, string message)
    {
        Assert.False(SessionDescription.TryParse(text, out _, out var error));
        Assert.Equal(line, error.Line);
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_Null_ReturnsFalse() => Assert.False(SessionDescription.TryParse(null, out _, out _));

    [Fact]
    public void TryParse_OversizedText_ReturnsFalseForEachLimit()
    {
        Assert.False(SessionDescription.TryParse("v=0\r\n" + new string('a', SdpLimits.MaxCharacters), out _, out var length));
        Assert.Contains($"the maximum is {SdpLimits.MaxCharacters}", length.Message, StringComparison.Ordinal);

        Assert.False(SessionDescription.TryParse("v=0\r\na=x:" + new string('a', SdpLimits.MaxLineCharacters), out _, out var line));
        Assert.Equal(2, line.Line);

        var manyLines = new StringBuilder("v=0\n");
        manyLines.Insert(manyLines.Length, "a=x\n", SdpLimits.MaxLines);
        Assert.False(SessionDescription.TryParse(manyLines.ToString(), out _, out var lines));
        Assert.Equal(SdpLimits.MaxLines + 1, lines.Line);

        var manySections = new StringBuilder("v=0\n");
        manySections.Insert(manySections.Length, "m=audio 9 RTP/SAVPF 0\n", SdpLimits.MaxSections + 1);
        Assert.False(SessionDescription.TryParse(manySections.ToString(), out _, out var sections));
        Assert.Contains("media sections", sections.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("send q;h;f", "q,h,f")]
    [InlineData("send f;~h", "f,h")] // paused at first
    [InlineData("send q,x;h", "q,h")] // alternatives
    [InlineData("recv q;h send f", "f")]
    [InlineData("send f recv q", "f")]
    [InlineData("recv q;h", "")]
    [InlineData("send q;q;r;missing;", "q")] // r is received
    [InlineData("send", "")]
    [InlineData("f;h send", "")]
    public void SentLayers_Simulcast_AreThoseThatAreSent(string simulcast, string expected)
    {
        var section = Sample.Parse(
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rid:q send\r\na=rid:h send max-width=640\r\na=rid:f send\r\na=rid:x send\r\na=rid:r recv\r\n" +
            $"a=simulcast:{simulcast}\r\n").Sections[0];

        Assert.Equal(expected, string.Join(',', section.SentLayers));
    }

    [Fact]
    public void Properties_MalformedAttributes_AreSkipped()
    {
        var section = Sample.Parse(
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 x 300 97\r\na=rtpmap:96\r\na=rtpmap:96 VP8/0\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=abc\r\n" +
            "a=extmap:0 zero\r\na=extmap:x y\r\na=extmap:3\r\na=ssrc:abc cname:x\r\na=ssrc-group:FID 1\r\na=simulcast:\r\n").Sections[0];

        Assert.Empty(section.Codecs);
        Assert.Empty(section.Extensions);
        Assert.Null(section.Ssrcs);
        Assert.Empty(section.SentLayers);
        Assert.Null(section.Mid);
        Assert.Equal(MediaDirection.SendRecv, section.Direction);
    }

    [Fact]
    public void TryParse_MutatedOffers_NeverThrows()
    {
        var random = new Random(20261120);
        foreach (var name in new[] { "chromium-publish", "chromium-simulcast", "firefox-call" })
        {
            var original = Golden.OfferText(name);
            for (var round = 0; round < 400; round++)
            {
                var text = new StringBuilder(original);
                for (var i = random.Next(1, 12); i > 0; i--)
                {
                    var at = random.Next(text.Length);
                    switch (random.Next(3))
                    {
                        case 0:
                            text[at] = (char)random.Next(0, 0x250);
                            break;
                        case 1:
                            text.Remove(at, Math.Min(random.Next(1, 60), text.Length - at));
                            break;
                        default:
                            text.Insert(at, original.AsSpan(random.Next(original.Length - 40), 40));
                            break;
                    }
                }

                if (SessionDescription.TryParse(text.ToString(), out var parsed, out _))
                {
                    Negotiation.PublishAnswer.TryBuild(parsed, [], Sample.Local, 1, 1, out _, out _);
                    Negotiation.PlayAnswer.TryBuild(parsed, [], Sample.Local, 1, out _, out _);
                    Negotiation.RemoteTransport.TryRead(parsed, isAnswer: false, out _, out _);
                }
            }
        }
    }
}
