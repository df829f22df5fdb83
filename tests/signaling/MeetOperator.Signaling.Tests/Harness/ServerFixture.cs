using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A cluster with one media node and one signaling server, shared by all tests of a class.</summary>
public abstract class ServerFixture : IAsyncLifetime
{
    public TestCluster Cluster { get; private set; } = null!;

    public SimulatedMediaNode Node { get; private set; } = null!;

    public TestSignaling Signaling { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Cluster = await TestCluster.StartAsync();
        Node = await Cluster.AddNodeAsync("default-aaaaa");
        Signaling = await TestSignaling.StartAsync(Cluster, Configure);
    }

    public async Task DisposeAsync()
    {
        await Signaling.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    protected virtual SignalingOptions Configure(SignalingOptions options) => options;
}
