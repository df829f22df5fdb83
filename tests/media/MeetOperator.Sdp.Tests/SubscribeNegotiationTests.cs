using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class SubscribeNegotiationTests
{
    private static readonly OfferedSection[] Two = [Sample.Section("0", Sample.Opus, 100), Sample.Section("1", Sample.Vp8, 200)];

    [Fact]
    public void Write_TwoTracks_MatchesGoldenOffer() =>
        Golden.Matches("subscribe-offer", SubscribeOfferWriter.Write(Two, Sample.Local, 7, 1));

    [Fact]
    public void Write_RemovedTrack_KeepsInactiveSectionInPlace()
    {
        var offer = SubscribeOfferWriter.Write([Sample.Section("0", Sample.Opus, null), Two[1]], Sample.Local, 7, 2);

        Assert.Equal(["0", "1"], offer.Sections.Select(s => s.Mid!));
        Assert.Equal([MediaDirection.Inactive, MediaDirection.SendOnly], offer.Sections.Select(s => s.Direction));
        Assert.Null(offer.Sections[0].Value("msid"));
        Assert.Equal(["0", "1"], offer.BundledMids);
        Assert.Equal("- 7 2 IN IP4 0.0.0.0", offer.Origin);
    }

    [Fact]
    public void Write_NoTracks_ReturnsEmptyOffer() =>
        Assert.Empty(Sample.Parse(SubscribeOfferWriter.Write([], Sample.Local, 7, 1).ToString()).Sections);

    [Fact]
    public void TryRead_AllSectionsAccepted_ReturnsPayloadTypesOfAnswer()
    {
        var answer = Sample.Parse(Answer("recvonly").Replace("96", "120", StringComparison.Ordinal).Replace("97", "121", StringComparison.Ordinal));

        Assert.True(SubscribeAnswerReader.TryRead(Two, answer, out var sections, out _));
        Assert.All(sections, s => Assert.True(s.IsActive));
        Assert.Equal((120, 121), (sections[1].Codec!.PayloadType, sections[1].Codec!.RtxPayloadType));
    }

    [Fact]
    public void TryRead_FirefoxAnswer_AcceptsBothSectionsAndTransport()
    {
        var answer = Golden.Offer("firefox-answer");

        Assert.True(SubscribeAnswerReader.TryRead(Two, answer, out var sections, out _));
        Assert.All(sections, s => Assert.True(s.IsActive));
        Assert.Equal((96, 97), (sections[1].Codec!.PayloadType, sections[1].Codec!.RtxPayloadType));
        Assert.Equal([HeaderExtensionUris.PlayoutDelay], sections[1].Extensions.Select(e => e.Uri));
        Assert.True(RemoteTransport.TryRead(answer, isAnswer: true, out var remote, out _));
        Assert.StartsWith("sha-256 ", Assert.Single(remote.Fingerprints), StringComparison.Ordinal);
        Assert.Equal(8, remote.Ufrag.Length);
    }

    [Fact]
    public void TryRead_PortZeroOrInactive_ReturnsInactiveSection()
    {
        Assert.True(SubscribeAnswerReader.TryRead(Two, Sample.Parse(Answer("inactive")), out var inactive, out _));
        Assert.All(inactive, s => Assert.False(s.IsActive));

        Assert.True(SubscribeAnswerReader.TryRead(Two, Sample.Parse(Answer("recvonly").Replace("m=video 9", "m=video 0", StringComparison.Ordinal)), out var rejected, out _));
        Assert.Equal([true, false], rejected.Select(s => s.IsActive));
    }

    [Fact]
    public void TryRead_CodecMissing_ReturnsInactiveSection()
    {
        Assert.True(SubscribeAnswerReader.TryRead(Two, Sample.Parse(Answer("recvonly").Replace("VP8", "VP9", StringComparison.Ordinal)), out var sections, out _));
        Assert.False(sections[1].IsActive);
    }

    /// <summary>Several profile-level-id values identify constrained baseline (RFC 6184 §8.1), and browsers differ in the one that they write.</summary>
    [Theory]
    [InlineData("42c01f")]
    [InlineData("42E034")]
    [InlineData("4d801f")]
    [InlineData("58c00a")]
    public void TryRead_EquivalentH264Profile_MatchesOffer(string answered)
    {
        var h264 = new RtpCodec { PayloadType = 102, Name = "H264", ClockRate = 90000, Parameters = "packetization-mode=1;profile-level-id=42e01f" };
        var answer = Sample.Parse(
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 98 99\r\na=mid:0\r\na=recvonly\r\n" +
            "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;profile-level-id=640c1f\r\n" +
            $"a=rtpmap:99 H264/90000\r\na=fmtp:99 packetization-mode=1;profile-level-id={answered}\r\n");

        Assert.True(SubscribeAnswerReader.TryRead([Sample.Section("0", h264, 100)], answer, out var sections, out _));

        Assert.Equal(99, sections[0].Codec!.PayloadType);
    }

    [Theory]
    [InlineData("a=mid:1", "a=mid:9", "section 1 of the answer is video 9")]
    [InlineData("m=video", "m=audio", "section 1 of the answer is audio")]
    public void TryRead_AnswerToOtherOffer_ReturnsFalse(string from, string to, string message)
    {
        Assert.False(SubscribeAnswerReader.TryRead(Two, Sample.Parse(Answer("recvonly").Replace(from, to, StringComparison.Ordinal)), out _, out var error));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_TooFewSections_ReturnsFalse()
    {
        Assert.False(SubscribeAnswerReader.TryRead(Two, Sample.Parse("v=0\r\n"), out _, out var error));
        Assert.Contains("0 sections, but the offer has 2", error.Message, StringComparison.Ordinal);
    }

    private static string Answer(string direction) =>
        "v=0\r\n" +
        $"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na={direction}\r\na=rtpmap:111 opus/48000/2\r\n" +
        $"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na={direction}\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
}
