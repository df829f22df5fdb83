using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>Clients of a meeting on two media nodes that reconnect to another signaling replica.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class MoveReplicasTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    /// <summary>Whoever waits for a node that does not answer fails the test.</summary>
    private protected override TimeSpan NodeCallTimeout => TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Client_ReconnectsToOtherReplica_StaysOnItsNode()
    {
        var meeting = (await a.CreateAsync()).MeetingId;
        var ann = await a.EnterAsync(meeting, "Ann");
        await Eventually.TrueAsync(() => Session() is not null, "the participant is on the node");
        var (session, revision) = (Session(), Revision());
        var origin = await cluster.AddNodeAsync("default-bbbbb");
        await cluster.AssignAsync(meeting, Assigned("default-bbbbb", 2, AssignmentRole.Origin), Assigned("default-aaaaa", 1, AssignmentRole.Edge));
        await using var bob = await b.EnterAsync(meeting, "Bob");
        await Eventually.TrueAsync(() => origin.Read(meeting, r => r.Participants.ContainsKey(bob.Id)), "the other replica knows both nodes");
        await ann.DisposeAsync();

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, b.Address);
        await again.JoinAsync(resume: true, move: true);

        await Eventually.TrueAsync(() => Revision() > revision, "the session is offered again");
        Assert.Equal(session, Session());
        Assert.False(origin.Read(meeting, r => r.Participants.ContainsKey(ann.Id)));

        string? Session() => node.Read(meeting, r => r.Participants.TryGetValue(ann.Id, out var known) ? known.SubscribeSession : null);

        int Revision() => node.Read(meeting, r => r.Participants[ann.Id].Revision);
    }

    [Fact]
    public async Task Client_ReconnectsToOtherReplicaAndAnotherNodeIsSilent_StaysOnItsNode()
    {
        var meeting = (await a.CreateAsync()).MeetingId;
        await Eventually.TrueAsync(() => node.Rooms().ContainsKey(meeting), "the meeting is placed");
        var origin = await cluster.AddNodeAsync("default-bbbbb");
        await cluster.AssignAsync(meeting, Assigned("default-aaaaa", 1, AssignmentRole.Edge) with { State = AssignmentState.Leaving }, Assigned("default-bbbbb", 2, AssignmentRole.Origin));
        var ann = await a.EnterAsync(meeting, "Ann");
        await using var bob = await b.EnterAsync(meeting, "Bob");
        await Eventually.TrueAsync(() => Session() is not null && origin.Read(meeting, r => r.Participants.ContainsKey(bob.Id)), "both are on the new node");
        var (session, revision) = (Session(), origin.Read(meeting, r => r.Participants[ann.Id].Revision));
        node.Hang();
        await ann.DisposeAsync();

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, b.Address);
        await again.JoinAsync(resume: true, move: true);

        await Eventually.TrueAsync(() => origin.Read(meeting, r => r.Participants[ann.Id].Revision) > revision, "the session is offered again", TimeSpan.FromSeconds(20));
        Assert.Equal(session, Session());
        node.Resume();

        string? Session() => origin.Rooms().ContainsKey(meeting) ? origin.Read(meeting, r => r.Participants.TryGetValue(ann.Id, out var known) ? known.SubscribeSession : null) : null;
    }

    private static MeetingAssignment Assigned(string node, long generation, AssignmentRole role) =>
        new() { SfuNode = node, Namespace = TestCluster.Namespace, Role = role, State = AssignmentState.Ready, Generation = generation };
}
