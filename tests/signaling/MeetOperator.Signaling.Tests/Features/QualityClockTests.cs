using System.Text.Json.Nodes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>Quality reports on two replicas, of which the first has a clock that is 30 s ahead.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class QualityClockTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    private protected override TimeProvider TimeOf(int replica) => replica == 0 ? new OffsetTime(TimeSpan.FromSeconds(30)) : TimeProvider.System;

    private protected override SignalingTimings Change(SignalingTimings timings) => QualityTests.Quick(timings);

    [Fact]
    public async Task Report_AfterReconnectToSlowerClock_Counts()
    {
        var meeting = await a.CreateAsync();
        await using var before = await a.EnterAsync(meeting.MeetingId, "Ann");
        await before.SendAsync(QualityTests.Report(40, null));
        await ExpectAsync(reports: 1, rtt: 40);

        await using var after = await TestClient.OpenByTicketAsync(before.Join, b.Address);
        await after.JoinAsync();
        await after.SendAsync(QualityTests.Report(60, null));
        await ExpectAsync(reports: 2, rtt: 60);

        Task ExpectAsync(long reports, double rtt) => Eventually.TrueAsync(
            async () => await QualityTests.ListAsync(b, meeting.MeetingId, meeting.HostToken) is [JsonObject line] && ((long)line["reports"]!, (double)line["rttMs"]!) == (reports, rtt),
            $"{reports} reports are counted");
    }
}
