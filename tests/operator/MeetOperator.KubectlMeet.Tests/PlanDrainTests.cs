namespace MeetOperator.KubectlMeet.Tests;

public sealed class PlanDrainTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    /// <summary>The node in eu-north is fuller, and Packed prefers the fullest one; but the meetings are in eu-west.</summary>
    [Fact]
    public async Task PlanDrain_NodeInAnotherRegion_StaysInTheRegionOfTheMeeting()
    {
        await cluster.CreateAsync(
            """
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuPool
            metadata: {name: north, namespace: meet-pools, labels: {tier: shared}}
            spec: {replicas: 1, region: eu-north, capacity: {maxMeetings: 20, maxParticipants: 100}, exposure: {type: HostPort, portRange: {min: 22000, max: 22100}}}
            ---
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuNode
            metadata: {name: north-fffff, namespace: meet-pools}
            spec: {poolRef: {name: north}, udpPorts: [22000]}
            status:
              state: Allocated
              version: 0.1.0
              meetings: 2
              participants: 60
              lastSeen: 2026-01-02T03:04:03Z
            """);

        var result = await cluster.RunAsync(["plan", "drain", "shared-aaaaa"]);

        Assert.Equal(0, result.Code);
        Assert.Contains("meet-acme/standup    9       meet-pools/shared-bbbbb  placed on shared-bbbbb", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("north-fffff", result.Output, StringComparison.Ordinal);
    }
}
