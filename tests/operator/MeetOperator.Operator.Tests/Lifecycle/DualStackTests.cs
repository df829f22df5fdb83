using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Tests of clusters whose nodes have IPv4 and IPv6 addresses.</summary>
public sealed class DualStackTests
{
    [Theory]
    [InlineData(new[] { IpFamily.IPv4, IpFamily.IPv6 }, "198.51.100.4 2001:db8::4")]
    [InlineData(new[] { IpFamily.IPv6 }, "2001:db8::4")]
    public async Task Pool_ClusterNodeWithBothFamilies_NodeHasAddressesOfItsFamilies(IpFamily[] families, string expected)
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
                        new NodeAddress { Type = "InternalIP", Address = "192.0.2.10" },
                        new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" },
                        new NodeAddress { Type = "ExternalIP", Address = "2001:db8::4" },
                    ],
                },
            },
            default);
        cluster.Kubelet.Schedules = true;
        var exposure = TestCluster.Pool().Exposure with { AddressSource = AddressSource.NodeExternalIP, IpFamilies = families };

        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Exposure = exposure });

        var node = Assert.Single(await cluster.NodesAsync());
        Assert.Equal(expected, string.Join(' ', node.Status!.Addresses));

        // The media node gets all addresses and leaves out the families that it does not use.
        var pod = Assert.Single((await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items);
        var secret = await cluster.Client.GetAsync<Secret>(new NamespacedName("meet-a", ControlSecret.NameIn(pod)!), default);
        Assert.Equal("198.51.100.4,2001:db8::4", System.Text.Encoding.UTF8.GetString(secret.GetBytes(ControlSecret.AddressesKey)!));
        Assert.Equal(string.Join(',', families), pod.Spec.Containers[0].Env!.Single(variable => variable.Name == "MEET_IP_FAMILIES").Value);
    }
}
