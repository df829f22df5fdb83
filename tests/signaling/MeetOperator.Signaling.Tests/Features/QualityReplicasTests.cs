using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Features;

[Collection(ReplicasCollection.Name)]
public sealed class QualityReplicasTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    [Fact]
    public async Task Reports_OnTwoReplicas_AreListedByBoth()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await ann.ExpectAsync("participant-joined");

        await ann.SendAsync(QualityTests.Report(40, null, QualityTests.Track(bob.Id, "good")));
        await bob.SendAsync(QualityTests.Report(50, null, QualityTests.Track(ann.Id, "weak")));

        foreach (var server in new[] { a, b })
        {
            await Eventually.TrueAsync(
                async () => (await QualityTests.ListAsync(server, meeting.MeetingId, meeting.HostToken)).Count(one => one!["tracks"]!.AsArray().Count == 1) == 2, "both reports are listed");
        }
    }
}
