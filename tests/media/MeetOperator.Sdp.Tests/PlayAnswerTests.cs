using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class PlayAnswerTests
{
    [Theory]
    [InlineData("chromium-play")]
    [InlineData("firefox-play")]
    public void TryBuild_OneTrackOfEachKind_MatchesGoldenAnswer(string player) =>
        Golden.Matches(player, Build([Track(Sample.Opus, 100), Track(Sample.Vp8, 200)], player).Description);

    /// <summary>Chromium offers to receive both kinds of FEC for pictures, Firefox one.</summary>
    [Theory]
    [InlineData("chromium-play")]
    [InlineData("firefox-play")]
    public void TryBuild_PlayerWithVideoFec_AnswersWithoutIt(string player)
    {
        Assert.Contains(Golden.Offer(player).Sections[1].Codecs, c => c.Is("ulpfec"));

        var answer = Build([Track(Sample.Opus, 100), Track(Sample.Vp8, 200)], player).Description;

        Assert.All(answer.Sections[1].Values("rtpmap"), map => Assert.DoesNotMatch("(?i) (red|ulpfec|flexfec)", map));
    }

    [Fact]
    public void TryBuild_MoreTracksThanSections_AssignsTracksInOrder()
    {
        var answer = Build([Track(Sample.Vp8, 1), Track(Sample.Vp8, 2), Track(Sample.Opus, 3)]);

        Assert.Equal([2, 0], answer.TrackIndexes);
    }

    [Fact]
    public void TryBuild_FewerTracksThanSections_LeavesRestInactive()
    {
        var answer = Build([Track(Sample.Opus, 3)]);

        Assert.Equal([0, -1], answer.TrackIndexes);
        Assert.Equal([MediaDirection.SendOnly, MediaDirection.Inactive], answer.Description.Sections.Select(s => s.Direction));
    }

    [Fact]
    public void TryBuild_PlayerWithoutCodec_SkipsTrack()
    {
        var unknown = new RtpCodec { PayloadType = 1, Name = "VP7", ClockRate = 90000 };

        Assert.Equal([-1, 1], Build([Track(unknown, 1), Track(Sample.Vp8, 2)]).TrackIndexes);
    }

    /// <summary>The thread that forwards media also builds answers, so a large offer in a large room must not delay it.</summary>
    [Fact]
    public void TryBuild_ManyIncompatibleTracks_MatchesEachCodecOnce()
    {
        var offer = Sample.Parse(
            "v=0\r\na=group:BUNDLE " + string.Join(' ', Enumerable.Range(0, 500)) + "\r\n" + string.Concat(Enumerable.Range(0, 500).Select(section =>
                $"m=video 9 UDP/TLS/RTP/SAVPF {string.Join(' ', Enumerable.Range(96, 12))}\r\na=mid:{section}\r\na=recvonly\r\na=rtcp-mux\r\n"
                + string.Concat(Enumerable.Range(96, 12).Select(type => $"a=rtpmap:{type} VP8/90000\r\na=fmtp:{type} profile=9\r\n")))));
        var tracks = Enumerable.Range(0, 200).Select(ssrc => Track(Sample.Vp8 with { Feedback = ["nack"] }, (uint)ssrc)).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.True(PlayAnswer.TryBuild(offer, tracks, Sample.Local, 7, out var answer, out var error), error?.ToString());

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024 * 1024);
        Assert.All(answer.TrackIndexes, index => Assert.Equal(-1, index));
    }

    [Fact]
    public void TryBuild_H264_UsesPlayerCodecWithSameProfile()
    {
        var h264 = new RtpCodec { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = "packetization-mode=1;profile-level-id=42e01f" };
        var codec = Build([Track(h264, 2)]).Sections[1].Codec!;

        Assert.Equal("42e01f", codec.Parameter("profile-level-id"));
        Assert.Equal("1", codec.Parameter("packetization-mode"));
    }

    [Theory]
    [InlineData("minptime=10;sprop-stereo=1", "1")]
    [InlineData("minptime=10", null)]
    public void TryBuild_Opus_AnnouncesStereoOfPublisher(string published, string? announced)
    {
        var answer = Build([Track(Sample.Opus with { Parameters = published }, 1)]);

        Assert.Equal(announced, answer.Description.Sections[0].Codecs[0].Parameter("sprop-stereo"));
    }

    [Fact]
    public void TryBuild_NoSupportedCodec_ReturnsFalse()
    {
        var offer = Sample.Parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\na=rtcp-mux\r\na=recvonly\r\n");

        Assert.False(PlayAnswer.TryBuild(offer, [], Sample.Local, 7, out _, out var error));
        Assert.Contains("no section offers a supported codec", error.Message, StringComparison.Ordinal);
    }

    private static PlayAnswer Build(IReadOnlyList<PlayableTrack> tracks, string player = "chromium-play")
    {
        Assert.True(PlayAnswer.TryBuild(Golden.Offer(player), tracks, Sample.Local, 7, out var answer, out var error), error?.ToString());
        return answer;
    }

    private static PlayableTrack Track(RtpCodec codec, uint ssrc) => new()
    {
        Kind = codec.Is("opus") ? "audio" : "video",
        Codec = codec,
        Track = new OfferedTrack { StreamId = "alice", TrackId = $"t{ssrc}", Cname = "alice", Ssrcs = new SsrcPair(ssrc, ssrc + 1000) },
    };
}
