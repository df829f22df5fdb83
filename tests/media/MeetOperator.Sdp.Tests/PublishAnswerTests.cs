using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class PublishAnswerTests
{
    [Theory]
    [InlineData("chromium-publish")]
    [InlineData("chromium-call")]
    [InlineData("chromium-data")]
    [InlineData("chromium-simulcast")]
    [InlineData("firefox-call")]
    [InlineData("firefox-publish")]
    [InlineData("firefox-data")]
    [InlineData("firefox-simulcast")]
    public void TryBuild_BrowserOffer_MatchesGoldenAnswer(string name) =>
        Golden.Matches(name, Sample.Answer(Golden.Offer(name)).Description);

    [Fact]
    public void TryBuild_BrowserOffer_WritesWellFormedMatchingAnswer()
    {
        var offer = Golden.Offer("chromium-call");
        var answer = Sample.Parse(Sample.Answer(offer).Description.ToString());

        Assert.Equal(offer.Sections.Select(s => (s.Kind, s.Mid)), answer.Sections.Select(s => (s.Kind, s.Mid)));
        Assert.Equal(offer.BundledMids, answer.BundledMids);
        Assert.All(answer.Sections, s => Assert.Equal("passive", s.Value("setup")));
        Assert.All(answer.Sections, s => Assert.Equal(MediaDirection.RecvOnly, s.Direction));
        Assert.Contains(new SdpAttribute("ice-lite"), answer.Attributes);
    }

    [Theory]
    [InlineData("a=rtcp-xr:rcvr-rtt=all", true)]
    [InlineData("a=rtcp-xr:stat-summary=loss rcvr-rtt=sender:10000 voip-metrics", true)]
    [InlineData("a=rtcp-xr:stat-summary=loss", false)]
    [InlineData("a=rtcp-xr:rcvr-rttx", false)]
    [InlineData("a=rtcp-xr", false)]
    public void TryBuild_ReferenceTimes_AreAnsweredIfOffered(string line, bool isOffered)
    {
        var offer = Sample.Parse(Golden.OfferText("chromium-publish").Replace("a=rtcp-xr:rcvr-rtt=all", "a=x", StringComparison.Ordinal).Replace("a=rtpmap:111", $"{line}\r\na=rtpmap:111", StringComparison.Ordinal));

        var answer = Sample.Answer(offer);

        Assert.Equal([isOffered, false], answer.Sections.Select(s => s.AllowsReferenceTime));
        Assert.Equal([isOffered ? "rcvr-rtt=all" : null, null], answer.Description.Sections.Select(s => s.Value("rtcp-xr")));
    }

    [Fact]
    public void TryBuild_ReferenceTimesOfferedForTheSession_AreAnsweredInAllSections()
    {
        var offer = Sample.Parse(Golden.OfferText("firefox-publish").Replace("t=0 0", "t=0 0\r\na=rtcp-xr:rcvr-rtt=all", StringComparison.Ordinal));

        Assert.All(Sample.Answer(offer).Sections, s => Assert.True(s.AllowsReferenceTime));
    }

    [Fact]
    public void TryBuild_H264Preferred_SelectsConstrainedBaselineMode1()
    {
        var video = Sample.Answer(Golden.Offer("chromium-publish"), "H264", "VP8").Sections[1];

        Assert.Equal(108, video.Codec!.PayloadType);
        Assert.Equal(109, video.Codec.RtxPayloadType);
    }

    /// <summary>Browsers send the first codec of the answer, so a client that lists redundant audio first sends it.</summary>
    [Theory]
    [InlineData("111 63", "111 63")]
    [InlineData("63 111", "63 111")]
    public void TryBuild_RedundantAudio_KeepsItsPlaceInTheOrder(string offered, string expected)
    {
        var offer = Sample.Parse(Golden.Offer("chromium-publish").ToString().Replace("m=audio 9 UDP/TLS/RTP/SAVPF 111 63", $"m=audio 9 UDP/TLS/RTP/SAVPF {offered}", StringComparison.Ordinal));

        var section = Sample.Answer(offer).Description.Sections[0];

        Assert.Equal(expected, string.Join(' ', section.Formats));
        Assert.Contains(section.Attributes, a => a.ToString() == "a=fmtp:63 111/111");
    }

    [Theory]
    [InlineData("a=fmtp:63 111/9")] // two codecs
    [InlineData("a=fmtp:63 112/112")] // a codec that is not offered
    [InlineData("a=fmtp:63 x")]
    public void TryBuild_RedundantAudioOfOtherCodecs_IsNotAccepted(string parameters)
    {
        var offer = Sample.Parse(Golden.Offer("chromium-publish").ToString().Replace("a=fmtp:63 111/111", parameters, StringComparison.Ordinal));

        Assert.Equal(["111"], Sample.Answer(offer).Description.Sections[0].Formats);
    }

    [Fact]
    public void TryBuild_RedundantAudioNotAccepted_AnswersWithoutIt()
    {
        var offer = Sample.Parse(Golden.OfferText("chromium-publish").Replace("m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "m=audio 9 UDP/TLS/RTP/SAVPF 63 111", StringComparison.Ordinal));

        Assert.True(PublishAnswer.TryBuild(offer, [], Sample.Local, 1, 1, out var answer, out _, acceptsRed: false));

        Assert.Equal(["111"], answer.Description.Sections[0].Formats);
        Assert.Null(answer.Sections[0].Codec!.RedPayloadType);
    }

    /// <summary>RFC 7587 §6.1: whoever receives asks for it, and the client tells by its offer for which of its sounds that is right.</summary>
    [Theory]
    [InlineData("minptime=10;useinbandfec=1", null)]
    [InlineData("minptime=10;useinbandfec=1;usedtx=1", "1")]
    [InlineData("usedtx=0", "0")]
    public void TryBuild_Opus_AsksToLeaveOutSilenceWhenOffered(string parameters, string? expected)
    {
        var offer = Sample.Parse(Golden.OfferText("chromium-publish").Replace("minptime=10;useinbandfec=1", parameters, StringComparison.Ordinal));

        Assert.Equal(expected, Sample.Answer(offer).Description.Sections[0].Codecs[0].Parameter("usedtx"));
    }

    /// <summary>The node neither reads nor forwards FEC of pictures (docs/design/20261126-video-fec.md), so nobody may send it.</summary>
    [Theory]
    [InlineData("chromium-publish")]
    [InlineData("chromium-simulcast")]
    [InlineData("firefox-publish")]
    [InlineData("firefox-simulcast")]
    public void TryBuild_OfferWithVideoFec_AnswersWithoutIt(string name)
    {
        var text = Golden.OfferText(name).ReplaceLineEndings("\r\n");
        var end = text.IndexOf("\r\n", text.IndexOf("m=video", StringComparison.Ordinal), StringComparison.Ordinal);
        var offer = Sample.Parse($"{text[..end]} 49{text[end..]}a=rtpmap:49 flexfec-03/90000\r\na=fmtp:49 repair-window=10000000\r\n");
        Assert.All(["red", "ulpfec", "flexfec-03"], fec => Assert.Contains(offer.Sections[^1].Codecs, c => c.Is(fec)));

        var answer = Sample.Answer(offer);

        Assert.Equal(Sample.Answer(Golden.Offer(name)).Description.ToString(), answer.Description.ToString());
        Assert.All(answer.Description.Sections[^1].Values("rtpmap"), map => Assert.DoesNotMatch("(?i) (red|ulpfec|flexfec)", map));
    }

    [Fact]
    public void TryBuild_NoPreference_KeepsClientOrder() =>
        Assert.Equal("VP8", Sample.Answer(Golden.Offer("chromium-publish")).Sections[1].Codec!.Name);

    [Fact]
    public void TryBuild_PreferredCodecNotOffered_KeepsClientOrder() =>
        Assert.Equal("VP8", Sample.Answer(Golden.Offer("firefox-call"), "AV1").Sections[1].Codec!.Name);

    [Fact]
    public void TryBuild_Feedback_AcceptsTransportCcAndNackButNotRemb()
    {
        var feedback = Sample.Answer(Golden.Offer("chromium-publish")).Sections[1].Codec!.Feedback;

        Assert.Equal(["transport-cc", "ccm fir", "nack", "nack pli"], feedback);
    }

    [Theory]
    [InlineData("chromium-simulcast")]
    [InlineData("firefox-simulcast")]
    public void TryBuild_Simulcast_RequestsAllLayers(string name)
    {
        var answer = Sample.Answer(Golden.Offer(name));
        var section = answer.Description.Sections[0];

        Assert.Equal("recv q;h;f", section.Value("simulcast"));
        Assert.Equal(["q recv", "h recv", "f recv"], section.Values("rid"));
        Assert.Equal(["q", "h", "f"], answer.Sections[0].Layers);
    }

    [Fact]
    public void TryBuild_FourLayers_RequestsThree()
    {
        var text = Golden.OfferText("chromium-simulcast").Replace("send q;h;f", "send q;h;f;x", StringComparison.Ordinal).Replace("a=rid:q send", "a=rid:q send\r\na=rid:x send", StringComparison.Ordinal);

        Assert.Equal(["q", "h", "f"], Sample.Answer(Sample.Parse(text)).Sections[0].Layers);
    }

    [Fact]
    public void TryBuild_DataChannel_RejectsOnlyThatSection()
    {
        var answer = Sample.Answer(Golden.Offer("chromium-data"));

        var rejected = Assert.Single(answer.Description.Sections, s => s.Port == 0);
        Assert.Equal("application", rejected.Kind);
        Assert.Single(answer.Description.BundledMids);
        Assert.Single(answer.Sections, s => s.IsActive);
    }

    [Fact]
    public void TryBuild_StoppedSection_RejectsSectionInPlace()
    {
        var text = Golden.OfferText("chromium-publish").Replace("m=video 9 ", "m=video 0 ", StringComparison.Ordinal)
            .Replace("BUNDLE 0 1", "BUNDLE 0", StringComparison.Ordinal);
        var answer = Sample.Answer(Sample.Parse(text));

        Assert.Equal([9, 0], answer.Description.Sections.Select(s => s.Port));
        Assert.False(answer.Sections[1].IsActive);
    }

    [Fact]
    public void TryBuild_InactiveSection_StaysInactive()
    {
        var text = Golden.OfferText("chromium-publish").Replace("a=sendonly", "a=inactive", StringComparison.Ordinal);
        var answer = Sample.Answer(Sample.Parse(text));

        Assert.All(answer.Sections, s => Assert.False(s.IsActive));
        Assert.All(answer.Description.Sections, s => Assert.Equal(MediaDirection.Inactive, s.Direction));
    }

    [Theory]
    [InlineData("a=rtcp-mux\r\n", "", "section 0 has no a=rtcp-mux")]
    [InlineData("a=group:BUNDLE 0 1", "a=x", "section 0 is not in a=group:BUNDLE")]
    [InlineData("a=mid:1\r\n", "", "section 1 (video) needs an a=mid")]
    [InlineData("a=mid:1\r\n", "a=mid:0\r\n", "two sections use a=mid:0")]
    public void TryBuild_InvalidOffer_ReportsRequiredChange(string remove, string insert, string message)
    {
        var offer = Sample.Parse(Golden.OfferText("chromium-publish").ReplaceLineEndings("\r\n").Replace(remove, insert, StringComparison.Ordinal));

        Assert.False(PublishAnswer.TryBuild(offer, [], Sample.Local, 1, 1, out _, out var error));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>RFC 3264 §6: an answer contains only what the offer contains.</summary>
    [Fact]
    public void TryBuild_MinimalOffer_AnswersOnlyOfferedAttributes()
    {
        var offer = Sample.Parse(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=video 9 RTP/SAVPF 96\r\na=mid:v\r\na=rtcp-mux\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n" +
            $"a=extmap:3/sendonly {HeaderExtensionUris.VideoOrientation}\r\n");

        var answer = Sample.Answer(offer).Description;

        Assert.Empty(answer.BundledMids);
        Assert.DoesNotContain(answer.Attributes, a => a.Name is "group" or "msid-semantic");
        var section = Assert.Single(answer.Sections);
        Assert.Equal(("RTP/SAVPF", "96"), (section.Protocol, string.Join(' ', section.Formats)));
        Assert.DoesNotContain(section.Attributes, a => a.Name is "rtcp-rsize" or "extmap-allow-mixed" or "rtcp-fb" or "fmtp");
        Assert.Equal($"3/recvonly {HeaderExtensionUris.VideoOrientation}", section.Value("extmap"));
    }

    [Theory]
    [InlineData("minptime=10;sprop-stereo=1", "1")]
    [InlineData("stereo=1;minptime=10", "1")]
    [InlineData("stereo=0;sprop-stereo=1", "1")]
    [InlineData("minptime=10", null)]
    public void TryBuild_OpusWithStereo_RequestsStereo(string parameters, string? stereo)
    {
        var offer = Sample.Parse(
            $"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtcp-mux\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 {parameters}\r\n");

        Assert.Equal(stereo, Sample.Answer(offer).Description.Sections[0].Codecs[0].Parameter("stereo"));
    }

    [Fact]
    public void TryBuild_EquivalentConstrainedBaseline_IsPreferred()
    {
        var offer = Sample.Parse(
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 100 101 102\r\na=mid:v\r\na=rtcp-mux\r\na=sendonly\r\n" +
            "a=rtpmap:100 H264/90000\r\na=fmtp:100 packetization-mode=1;profile-level-id=6e001f\r\n" +
            "a=rtpmap:101 H264/90000\r\na=fmtp:101 packetization-mode=1;profile-level-id=64001f\r\n" +
            "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42c02a\r\n");

        Assert.Equal(102, Sample.Answer(offer).Sections[0].Codec!.PayloadType);
    }

    [Fact]
    public void TryBuild_NoSupportedCodec_NamesSection()
    {
        var offer = Sample.Parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\na=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n");

        Assert.False(PublishAnswer.TryBuild(offer, [], Sample.Local, 1, 1, out _, out var error));
        Assert.Contains("section a offers no supported codec", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryBuild_NoSections_ReturnsFalse()
    {
        Assert.False(PublishAnswer.TryBuild(Sample.Parse("v=0\r\n"), [], Sample.Local, 1, 1, out _, out var error));
        Assert.Contains("no m= section", error.Message, StringComparison.Ordinal);
    }
}
