using System.Net;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;

namespace MeetOperator.Signaling.Tests.ProblemReports;

[Collection(ReplicasCollection.Name)]
public sealed class DiagnosticsReplicasTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    [Fact]
    public async Task Report_SentToBothReplicas_IsStoredOnceAndListedByBoth()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        var ids = await Task.WhenAll(new[] { a, b }.Select(server => Reports.StoreAsync(server, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9"))));
        Assert.Equal(ids[0], ids[1]);
        foreach (var server in new[] { a, b })
        {
            Assert.Equal(ids[0], (string?)Assert.Single(await Reports.ListAsync(server, meeting.MeetingId, meeting.HostToken))!["reportId"]);
        }
    }

    [Fact]
    public async Task Report_OfParticipantRemovedOnOtherReplica_IsRefused()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await b.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{ann.Id}", bearer: meeting.HostToken);
        using var response = await Reports.SendAsync(a, meeting.MeetingId, ann.Join.Ticket, Reports.Of("p-9"));
        await Problem.IsAsync(response, HttpStatusCode.Forbidden, "forbidden");
    }
}
