using System.Net;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Exposure;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Turn.Tests;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>The condition ExposureReady, by real exchanges with the ports that clients use.</summary>
public sealed class ExposureTests
{
    private static readonly SfuPoolSpec Spec = TestCluster.Pool(43500) with { Exposure = TestCluster.Pool(43500).Exposure with { TcpPort = TcpExposure.None } };

    [Fact]
    public async Task Pool_PortAnswersAndStops_IsReported()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { LeaseDuration = TimeSpan.FromHours(5) }, time: time);
        cluster.Kubelet.Starting = node => node.AnswersBindings = true;
        await cluster.WithTenantAsync(pool: Spec);
        var node = Assert.Single(await cluster.NodesAsync());
        var at = new IPEndPoint(IPAddress.Parse(Assert.Single(node.Status!.Addresses)), Assert.Single(node.Spec.UdpPorts));

        var closed = await ConditionAsync(cluster, time, "Unreachable");
        Assert.Equal(ConditionStatus.False, closed.Status);
        Assert.Contains($"{at}/udp of {node.Metadata.Name} (refused)", closed.Message, StringComparison.Ordinal);
        Assert.Contains("open inbound UDP and TCP 43500-43563", closed.Message, StringComparison.Ordinal);

        using (ScriptedPeer.Answering(at))
        {
            var open = await ConditionAsync(cluster, time, "Reachable");
            Assert.Equal(ConditionStatus.True, open.Status);
            Assert.Contains("from inside the cluster (Pod meet-system/operator-1)", open.Message, StringComparison.Ordinal);
        }

        await ConditionAsync(cluster, time, "Unreachable");
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Where(seen => seen.InvolvedObject.Kind == "SfuPool").Select(seen => seen.Reason).ToHashSet() is var reasons
                && reasons.Contains("Unreachable") && reasons.Contains("Reachable"),
            "events report both changes");
    }

    [Fact]
    public async Task Pool_MediaNodeOfAnEarlierVersion_IsUnknown()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(pool: Spec);

        var condition = await ConditionAsync(cluster, null, "NotSupported");

        Assert.Equal(ConditionStatus.Unknown, condition.Status);
        Assert.True((await cluster.PoolAsync("p")).IsReady());
    }

    /// <summary>Without the right to read its own Pod, the operator measures all the same.</summary>
    [Fact]
    public async Task Find_PodNotReadable_LeavesOutTheClusterNode()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Reject = (_, resource) => resource == "pods" ? "may not" : null;
        using var client = new KubeClient(new KubeConfig { Server = proxy.Address, Token = cluster.Token });

        Assert.Equal(new ExposurePlace("meet-system/operator-1", null), await ExposurePlace.FindAsync(client, new OperatorOptions { PodName = "operator-1" }, default));
    }

    private static async Task<Condition> ConditionAsync(TestCluster cluster, SkippableTime? time, string reason)
    {
        Condition? found = null;
        await cluster.EventuallyAsync(
            async () =>
            {
                time?.Skip(TimeSpan.FromSeconds(1));
                found = Conditions.Get((await cluster.PoolAsync("p")).Status?.Conditions, MeetConditions.ExposureReady);
                return found?.Reason == reason;
            },
            $"ExposureReady has the reason {reason}",
            () => $"{found}");
        return found!;
    }
}
