using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Quality;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Tests.Features;

public sealed class QualityLedgerTests
{
    private readonly QualityLedger _ledger = new(new MeetingKey("acme", "m1"));

    [Fact]
    public void Add_SeveralReports_KeepsLatestAndSums()
    {
        _ledger.Add("ann", Report(40, Track("bob", ReceivedQuality.Poor, 0.1)), 1_000, _ => true);
        _ledger.Add("ann", Report(null, Track("bob", ReceivedQuality.Good, 0.3)), 2_000, _ => true);

        var (lines, tracks) = _ledger.Take();
        var line = Assert.Single(lines);
        Assert.Equal((2L, 1L, 40d, 40d, 2_000L), (line.Reports, line.RttReports, line.SumRttMs, line.RttMs!.Value, line.UpdatedAt));
        var track = Assert.Single(tracks);
        Assert.Equal((2L, 1L, "good", 0.3), (track.Reports, track.PoorReports, track.Quality, track.Loss));
        Assert.Equal(0.4, track.SumLoss, 9);
        Assert.True(_ledger.IsEmpty);
    }

    [Fact]
    public void Add_TracksOfOneselfAndOfAbsentParticipants_AreLeftOut()
    {
        _ledger.Add("ann", Report(40, Track("ann", ReceivedQuality.Good, 0), Track("bob", ReceivedQuality.Good, 0), Track("ghost", ReceivedQuality.Good, 0)), 1_000, id => id is "ann" or "bob");
        Assert.Equal("bob", Assert.Single(_ledger.Take().Tracks).SenderId);
    }

    [Fact]
    public void Add_LyingClient_GrowsWithTheParticipantsOnly()
    {
        for (var report = 0; report < 10_000; report++)
        {
            _ledger.Add("ann", Report(1, Track($"ghost-{report}", ReceivedQuality.Good, 0), Track("bob", ReceivedQuality.Good, 0)), report, id => id == "bob");
        }

        var (lines, tracks) = _ledger.Take();
        Assert.Equal((1, 1), (lines.Count, tracks.Count));
    }

    [Fact]
    public void Add_ReportWithoutPath_KeepsEarlierPathWithItsReason()
    {
        _ledger.Add("ann", Report(40) with { Path = PathKind.Tcp, PathReason = PathReason.UdpUnanswered }, 1_000, _ => true);
        _ledger.Add("ann", Report(40), 2_000, _ => true);
        _ledger.Add("bob", Report(40) with { Path = PathKind.Tcp, PathReason = PathReason.UdpUnanswered }, 1_000, _ => true);
        _ledger.Add("bob", Report(40) with { Path = PathKind.P2p }, 2_000, _ => true);

        Assert.Equal([("ann", "tcp", "udp-unanswered"), ("bob", "p2p", null)], _ledger.Take().Lines.Select(line => (line.ParticipantId, line.Path, line.PathReason)));
    }

    private static ReportedTrack Track(string sender, ReceivedQuality quality, double loss) => new(sender, TrackSource.Camera, quality, 500, loss, 10, 0, 30, 360);

    private static QualityMessage Report(double? rtt, params ReportedTrack[] tracks) => new(rtt, 0, 0, 100, 500, null, tracks, []);
}
