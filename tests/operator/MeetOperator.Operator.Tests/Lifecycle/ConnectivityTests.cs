using System.Text.Json.Nodes;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>In which ways participants may connect: from the settings of tenant and pool to the rooms on media nodes.</summary>
public sealed class ConnectivityTests
{
    private static readonly MeetingSpec Lasting = new() { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0 } };

    [Fact]
    public async Task Room_Created_NamesTheTenant()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        var ready = await cluster.WaitForReadyAsync("standup");

        Assert.Equal(ready.Spec.TenantRef.Name, Assert.Single(cluster.Kubelet.Nodes).Read(ready.Status!.MeetingId!, room => room.Spec.Tenant));
    }

    [Fact]
    public async Task Settings_ChangedInAMeeting_ReachRoomAndStatus()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        var ready = await cluster.WaitForReadyAsync("standup");
        var (node, id) = (Assert.Single(cluster.Kubelet.Nodes), ready.Status!.MeetingId!);
        Assert.Null(ready.Status.Assignments[0].Connectivity);
        Assert.Null(node.Read(id, room => room.Spec.Connectivity));

        await TenantAsync(cluster, """{"spec":{"connectivity":{"tcp":"Denied"}}}""");
        await UntilAsync(cluster, new ConnectivityRule { Tcp = PathAccess.Denied });
        Assert.Equal(new RoomConnectivity { DenyTcp = true }, node.Read(id, room => room.Spec.Connectivity));

        // The stricter one of both counts.
        await PoolAsync(cluster, """{"spec":{"connectivity":{"turn":"Denied"}}}""");
        await UntilAsync(cluster, new ConnectivityRule { Tcp = PathAccess.Denied, Turn = PathAccess.Denied });
        Assert.Equal(new RoomConnectivity { DenyTcp = true, DenyTurn = true }, node.Read(id, room => room.Spec.Connectivity));

        await TenantAsync(cluster, """{"spec":{"connectivity":{"tcp":"Allowed"}}}""");
        await PoolAsync(cluster, """{"spec":{"connectivity":{"turn":"Allowed"}}}""");
        await UntilAsync(cluster, null);
        Assert.Null(node.Read(id, room => room.Spec.Connectivity));
    }

    [Fact]
    public async Task Tunnel_AllowedAndDeniedInAMeeting_ReachesRoomAndStatus()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        await cluster.CreateMeetingAsync("secret", Lasting with { Media = new MeetingMedia { E2ee = MeetingE2ee.Required } });
        var (node, id) = (Assert.Single(cluster.Kubelet.Nodes), (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!);
        var secret = (await cluster.WaitForReadyAsync("secret")).Status!.MeetingId!;
        var allowed = new ConnectivityRule { Tunnel = TunnelAccess.LastResort };

        await TenantAsync(cluster, """{"spec":{"connectivity":{"tunnel":"LastResort","tcp":"Denied"}}}""");
        await UntilAsync(cluster, allowed with { Tcp = PathAccess.Denied });
        Assert.Equal(new RoomConnectivity { AllowTunnels = true, DenyTcp = true }, node.Read(id, room => room.Spec.Connectivity));
        await cluster.WaitForMeetingAsync("secret", seen => seen.Status is { Assignments: [{ Connectivity: { Tunnel: TunnelAccess.LastResort, Tcp: PathAccess.Denied } }] }, "may use tunnels");
        Assert.Equal((true, new RoomConnectivity { AllowTunnels = true, DenyTcp = true }), node.Read(secret, room => (room.Spec.E2ee, room.Spec.Connectivity)));

        await PoolAsync(cluster, """{"spec":{"connectivity":{"tunnel":"Denied"}}}""");
        await UntilAsync(cluster, new ConnectivityRule { Tcp = PathAccess.Denied });
        Assert.Equal(new RoomConnectivity { DenyTcp = true }, node.Read(id, room => room.Spec.Connectivity));

        await PoolAsync(cluster, """{"spec":{"connectivity":{"tunnel":"LastResort"}}}""");
        await TenantAsync(cluster, """{"spec":{"connectivity":{"tcp":"Allowed"}}}""");
        await UntilAsync(cluster, allowed);

        await TenantAsync(cluster, """{"spec":{"connectivity":{"tunnel":"Denied"}}}""");
        await UntilAsync(cluster, null);
        Assert.Null(node.Read(id, room => room.Spec.Connectivity));
    }

    /// <summary>What a media node cannot do is not needed: its participants are connected in the other ways.</summary>
    [Fact]
    public async Task Tunnel_NodeOfAnEarlierVersion_GetsMeetings()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        cluster.Kubelet.Nodes.Single().KnowsConnectivity = false;
        await TenantAsync(cluster, """{"spec":{"connectivity":{"tunnel":"LastResort"}}}""");

        await cluster.CreateMeetingAsync("standup", Lasting);

        await cluster.WaitForReadyAsync("standup");
    }

    /// <summary>The settings change while no operator runs.</summary>
    [Fact]
    public async Task Settings_ChangedWithoutOperator_ReachTheRoomFromTheNextOne()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await TenantAsync(cluster, """{"spec":{"connectivity":{"tcp":"Denied"}}}""");
        await cluster.CreateMeetingAsync("standup", Lasting);
        await UntilAsync(cluster, new ConnectivityRule { Tcp = PathAccess.Denied });
        await cluster.StopOperatorAsync("operator-1");
        await TenantAsync(cluster, """{"spec":{"connectivity":{"tcp":"Allowed"}}}""");

        await cluster.StartOperatorAsync("operator-2");

        await UntilAsync(cluster, null);
        Assert.Null(Assert.Single(cluster.Kubelet.Nodes).Read((await cluster.TryMeetingAsync("standup"))!.Status!.MeetingId!, room => room.Spec.Connectivity));
    }

    [Fact]
    public async Task Placement_OneNodeOfAnEarlierVersion_UsesTheOther()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        var old = cluster.Kubelet.Nodes.First();
        old.KnowsConnectivity = false;
        await TenantAsync(cluster, """{"spec":{"connectivity":{"turn":"Denied"}}}""");

        for (var i = 0; i < 4; i++)
        {
            await cluster.CreateMeetingAsync($"m{i}", Lasting);
            Assert.NotEqual(old.Name, (await cluster.WaitForReadyAsync($"m{i}")).Status!.Assignments[0].SfuNode);
        }

        Assert.Empty(old.Rooms());
    }

    /// <summary>The people in the meeting are not thrown out. The status does not claim what the media node does not enforce.</summary>
    [Fact]
    public async Task Settings_RunningMeetingOnANodeOfAnEarlierVersion_StaysUntilTheNodeIsReplaced()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = cluster.Kubelet.Nodes.Single();
        node.KnowsConnectivity = false;
        await cluster.CreateMeetingAsync("standup", Lasting);
        var id = (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!;
        var puts = node.RoomPuts;

        await TenantAsync(cluster, """{"spec":{"connectivity":{"turn":"Denied"}}}""");
        await cluster.WaitForMeetingAsync("standup", seen => Conditions.Get(seen.Status?.Conditions, MeetConditions.Reconciling)?.Reason == "SettingsNotEnforced", "says that the settings are not enforced");
        await cluster.EventuallyAsync(() => Task.FromResult(node.RoomPuts >= puts + 1), "the operator has tried");
        var before = (await cluster.TryMeetingAsync("standup"))!.Metadata.ResourceVersion;
        await cluster.EventuallyAsync(() => Task.FromResult(node.RoomPuts >= puts + 3), "the operator tries again");
        Assert.Equal(before, (await cluster.TryMeetingAsync("standup"))!.Metadata.ResourceVersion); // and writes nothing

        Assert.Contains(id, node.Rooms().Keys);
        Assert.Null((await cluster.TryMeetingAsync("standup"))!.Status!.Assignments[0].Connectivity);
        node.KnowsConnectivity = true;
        await UntilAsync(cluster, new ConnectivityRule { Turn = PathAccess.Denied });
    }

    [Fact]
    public async Task TurnPool_RelaysComeAndGo_MediaNodesKnowThem()
    {
        await using var cluster = await WithLoopbackAsync();
        var node = Assert.Single(cluster.Kubelet.Nodes);
        Assert.Null(node.Relays);
        await CreateRelayAsync(cluster);

        await cluster.EventuallyAsync(() => Task.FromResult(node.Relays is { Sources.Count: 1 }), "the media node knows the relay");
        var source = Assert.Single(node.Relays!.Sources);
        Assert.Equal((50000, 50099), (source.MinPort, source.MaxPort));
        Assert.StartsWith("127.", source.Address, StringComparison.Ordinal);

        await cluster.Client.DeleteAsync<TurnPool>(new NamespacedName("meet-a", "edge"), default);
        await cluster.EventuallyAsync(() => Task.FromResult(node.Relays is { Sources.Count: 0 }), "the media node knows that there is none");
    }

    [Fact]
    public async Task ForceRelay_RelayMissingOrDenied_SaysWhatToDo()
    {
        await using var cluster = await WithLoopbackAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        await cluster.WaitForReadyAsync("standup");

        await TenantAsync(cluster, """{"spec":{"connectivity":{"forceRelay":true}}}""");
        var missing = await StalledAsync(cluster, "NoRelay");
        Assert.Contains("tenant a allows relays only", missing.Status!.Message, StringComparison.Ordinal);
        Assert.Equal(MeetingPhase.Ready, missing.Status.Phase);

        await CreateRelayAsync(cluster);
        await cluster.WaitForReadyAsync("standup");

        await PoolAsync(cluster, """{"spec":{"connectivity":{"turn":"Denied"}}}""");
        Assert.Contains("SfuPool meet-a/p denies them", (await StalledAsync(cluster, "RelaysDenied")).Status!.Message, StringComparison.Ordinal);

        await TenantAsync(cluster, """{"spec":{"connectivity":{"forceRelay":false}}}""");
        await cluster.WaitForReadyAsync("standup");
    }

    private static Task<Meeting> StalledAsync(TestCluster cluster, string reason) => cluster.WaitForMeetingAsync(
        "standup", seen => Conditions.Get(seen.Status?.Conditions, MeetConditions.Stalled)?.Reason == reason && seen.Status!.Conditions.Ready()!.Reason == reason, $"is stalled by {reason}");

    /// <summary>A cluster whose relays may reach media nodes on loopback addresses, as in an embedded installation.</summary>
    private static async Task<TestCluster> WithLoopbackAsync()
    {
        var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Turn = options.Turn with { LoopbackPeers = true } });
        await cluster.WithTenantAsync();
        return cluster;
    }

    private static Task CreateRelayAsync(TestCluster cluster) => cluster.Client.CreateAsync(
        new TurnPool
        {
            Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a" },
            Spec = new TurnPoolSpec
            {
                Listeners = [new TurnListener { Protocol = TurnProtocol.UDP, Port = 3478 }],
                Exposure = new TurnExposure { AddressSource = AddressSource.NodeInternalIP },
                RelayPorts = new PortRange { Min = 50000, Max = 50099 },
            },
        },
        default);

    private static Task UntilAsync(TestCluster cluster, ConnectivityRule? rule) => cluster.WaitForMeetingAsync(
        "standup", seen => seen.Status is { Assignments: [var assignment] } && assignment.Connectivity == rule && seen.Status.ObservedGeneration == seen.Metadata.Generation, $"has the rule {rule}");

    private static Task<Tenant> TenantAsync(TestCluster cluster, string patch) => cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse(patch)!, default);

    private static Task<SfuPool> PoolAsync(TestCluster cluster, string patch) => cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse(patch)!, default);
}
