using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Meetings that are encrypted end to end need media nodes that know it.</summary>
public sealed class EncryptedMeetingTests
{
    private static readonly MeetingSpec Encrypted = new() { Media = new MeetingMedia { E2ee = MeetingE2ee.Required } };

    [Fact]
    public async Task Placement_OneNodeOfAnEarlierVersion_UsesTheOther()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        var old = cluster.Kubelet.Nodes.First();
        old.KnowsE2ee = false;

        for (var i = 0; i < 4; i++)
        {
            await cluster.CreateMeetingAsync($"m{i}", Encrypted);
            var ready = await cluster.WaitForReadyAsync($"m{i}");

            Assert.NotEqual(old.Name, ready.Status!.Assignments[0].SfuNode);
        }

        Assert.Empty(old.Rooms());
    }

    [Fact]
    public async Task Placement_OnlyNodesOfAnEarlierVersion_WaitsForAnUpgrade()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var old = cluster.Kubelet.Nodes.Single();
        old.KnowsE2ee = false;

        await cluster.CreateMeetingAsync("standup", Encrypted);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status?.Conditions.Any(c => c is { Type: "Placed", Status: ConditionStatus.False }) == true, "is not placed");
        old.KnowsE2ee = true;

        Assert.True(old.Read((await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!, room => room.Spec.E2ee));
    }
}
