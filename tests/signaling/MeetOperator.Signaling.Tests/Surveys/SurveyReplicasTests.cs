using System.Net;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Surveys;

[Collection(ReplicasCollection.Name)]
public sealed class SurveyReplicasTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    [Fact]
    public async Task Answers_OnTwoReplicas_AreCountedOnceForEachParticipant()
    {
        await EnableAsync();
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await b.EnterAsync(meeting.MeetingId, "Bob");
        await Task.WhenAll(
            Answers.StoreAsync(a, meeting.MeetingId, ann.Join.Ticket, 4), Answers.StoreAsync(b, meeting.MeetingId, ann.Join.Ticket, 4), Answers.StoreAsync(b, meeting.MeetingId, bob.Join.Ticket, 2));
        foreach (var server in new[] { a, b })
        {
            var listed = await Answers.ListAsync(server, meeting.MeetingId, meeting.HostToken);
            Assert.Equal((2L, 3d), ((long)listed["survey"]!["count"]!, (double)listed["survey"]!["average"]!));
        }
    }

    [Fact]
    public async Task Answer_OfParticipantRemovedOnOtherReplica_IsRefused()
    {
        await EnableAsync();
        var meeting = await a.CreateAsync();
        await using var ann = await a.EnterAsync(meeting.MeetingId, "Ann");
        await b.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{ann.Id}", bearer: meeting.HostToken);
        using var response = await Answers.SendAsync(a, meeting.MeetingId, ann.Join.Ticket, new { rating = 1 });
        await Problem.IsAsync(response, HttpStatusCode.Forbidden, "forbidden");
    }

    private async Task EnableAsync()
    {
        await cluster.SetSurveyAsync(true);
        await Eventually.TrueAsync(
            () => Task.FromResult(new[] { a, b }.All(server => server.Service<MeetingDirectory>().FindTenant(TestCluster.Tenant)!.Spec.Survey.Enabled)), "both servers have the change");
    }
}
