using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>
/// With MEET_TEST_KUBECONFIG the lifecycle tests run against that API server instead of the embedded one: a real one with our CRDs, its namespace and garbage
/// controllers, and no kubelet. Tests run one at a time, since all use the same names, and their objects are deleted afterwards.
/// </summary>
internal static class RealServer
{
    public static KubeConfig? Config { get; } = Environment.GetEnvironmentVariable("MEET_TEST_KUBECONFIG") is { Length: > 0 } file ? KubeConfig.FromFile(file) : null;

    /// <summary>Call while an operator still runs, so that it removes its finalizers.</summary>
    public static async Task ClearAsync(KubeClient client, TestCluster cluster)
    {
        foreach (var meeting in (await client.ListAsync<Meeting>(null, null, default)).Items)
        {
            await client.TryDeleteAsync<Meeting>(meeting.Metadata.NamespacedName, default);
        }

        foreach (var pool in (await client.ListAsync<SfuPool>(null, null, default)).Items)
        {
            await client.TryDeleteAsync<SfuPool>(pool.Metadata.NamespacedName, default);
        }

        foreach (var tenant in (await client.ListAsync<Tenant>(null, null, default)).Items)
        {
            await client.TryDeleteAsync<Tenant>(tenant.Metadata.NamespacedName, default);
        }

        foreach (var made in await OursAsync(client))
        {
            await client.TryDeleteAsync<Namespace>(made.Metadata.NamespacedName, default);
        }

        foreach (var node in (await client.ListAsync<Node>(null, null, default)).Items)
        {
            await client.TryDeleteAsync<Node>(node.Metadata.NamespacedName, default);
        }

        await cluster.EventuallyAsync(async () => !(await OursAsync(client)).Any(), "all objects of the test are deleted");
    }

    private static async Task<IEnumerable<Namespace>> OursAsync(KubeClient client) => (await client.ListAsync<Namespace>(null, null, default)).Items
        .Where(found => found.Metadata.Name is "theirs" || found.Metadata.Name!.StartsWith("meet-", StringComparison.Ordinal));
}
