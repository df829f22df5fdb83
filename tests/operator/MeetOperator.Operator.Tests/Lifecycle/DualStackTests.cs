using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Tests of clusters whose nodes have IPv4 and IPv6 addresses.</summary>
public sealed class DualStackTests
{
    private static readonly IpFamily[] Both = [IpFamily.IPv4, IpFamily.IPv6];

    public static TheoryData<AddressSource, IpFamily[], string, string> Pools => new()
    {
        { AddressSource.NodeExternalIP, Both, "198.51.100.4,2001:db8::4", "198.51.100.4 2001:db8::4" },
        { AddressSource.NodeExternalIP, [IpFamily.IPv6], "198.51.100.4,2001:db8::4", "2001:db8::4" },
        { AddressSource.NodeInternalIP, Both, "127.0.0.1,fd00:2::10", "127.0.0.1 fd00:2::10" },
        { AddressSource.NodeInternalIP, [IpFamily.IPv6], "127.0.0.1,fd00:2::10", "fd00:2::10" },
    };

    [Theory]
    [MemberData(nameof(Pools))]
    public async Task Pool_ClusterNodeWithBothFamilies_NodeHasAddressesOfItsFamilies(AddressSource source, IpFamily[] families, string given, string expected)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.CreateAsync(
            new Node
            {
                Metadata = new ObjectMeta { Name = cluster.Kubelet.ClusterNode },
                Status = new NodeStatus
                {
                    Addresses =
                    [
                        new NodeAddress { Type = "InternalIP", Address = "127.0.0.1" },
                        new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" },
                        new NodeAddress { Type = "ExternalIP", Address = "2001:db8::4" },
                        new NodeAddress { Type = "InternalIP", Address = "fd00:2::10" },
                    ],
                },
            },
            default);
        cluster.Kubelet.Schedules = true;
        var exposure = TestCluster.Pool().Exposure with { AddressSource = source, IpFamilies = families };

        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Exposure = exposure });

        var node = Assert.Single(await cluster.NodesAsync());
        Assert.Equal(expected, string.Join(' ', node.Status!.Addresses));

        // The media node gets all addresses and leaves out the families that it does not use.
        var pod = Assert.Single((await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items);
        var secret = await cluster.Client.GetAsync<Secret>(new NamespacedName("meet-a", ControlSecret.NameIn(pod)!), default);
        var variable = pod.Spec.Containers[0].Env!.Single(variable => variable.Name == MediaNodeEnv.AdvertisedAddresses);
        Assert.Equal(given, System.Text.Encoding.UTF8.GetString(secret.GetBytes(variable.ValueFrom!.SecretKeyRef!.Key)!));
        Assert.Equal(string.Join(',', families), pod.Spec.Containers[0].Env!.Single(variable => variable.Name == "MEET_IP_FAMILIES").Value);
    }
}
