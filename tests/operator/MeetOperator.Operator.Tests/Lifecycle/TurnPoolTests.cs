using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Pools of relays, from their creation to their end.</summary>
public sealed class TurnPoolTests
{
    private static readonly NamespacedName Secret = new("meet-system", TurnRecord.SecretName);

    [Fact]
    public async Task TurnPool_Lifecycle_RotatesDrainsAndEnds()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => Embedded(options) with { LeaseDuration = TimeSpan.FromHours(5) }, time: time);
        await cluster.WithTenantAsync();
        await CreateAsync(cluster, "edge", Spec() with { Replicas = 2, Auth = new TurnAuth { RotationHours = 1, OverlapSeconds = 300 } });
        var relays = await ReadyAsync(cluster, "edge", 2);
        var record = (await RecordAsync(cluster, "edge"))!;
        Assert.Equal(relays, record.Relays.Select(relay => relay.Name));
        Assert.All(relays, name => Assert.Equal((record.Key!.Secret, "127.0.0.1"), (Assert.Single(cluster.Kubelet.Relay(name).State!.Secrets), Assert.Single(cluster.Kubelet.Relay(name).State!.Peers))));

        time.Skip(TimeSpan.FromMinutes(61));
        await cluster.EventuallyAsync(async () => await RecordAsync(cluster, "edge") is { KeyVersion: 2, Keys.Count: 2 }, "the secret is rotated");
        Assert.All(relays, name => Assert.Equal(2, cluster.Kubelet.Relay(name).State!.Secrets.Count));
        time.Skip(TimeSpan.FromSeconds(301));
        await cluster.EventuallyAsync(() => Task.FromResult(relays.All(name => cluster.Kubelet.Relay(name).State!.Secrets.Count == 1)), "the former secret is no longer accepted");

        cluster.Kubelet.Relay(relays[0]).Allocations = 1;
        cluster.Kubelet.Relay(relays[1]).Allocations = 2;
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status!.Allocations == 3, "the pool shows its allocations");
        await PatchAsync(cluster, "edge", """{"spec":{"replicas":1}}""");
        await cluster.EventuallyAsync(async () => (await RecordAsync(cluster, "edge"))!.Relays.Select(relay => relay.Name).SequenceEqual([relays[1]]), "participants get only the other relay");
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status is { DrainingReplicas: 1, Allocations: 3 }, "the relay stays while somebody uses it");
        cluster.Kubelet.Relay(relays[0]).Allocations = 0;
        time.Skip(TimeSpan.FromSeconds(16));
        await cluster.EventuallyAsync(async () => (await RelaysAsync(cluster, "edge")).SequenceEqual([relays[1]]), "the relay is deleted when nobody uses it");

        await cluster.Client.DeleteAsync<TurnPool>(new NamespacedName("meet-a", "edge"), default);
        await cluster.EventuallyAsync(async () => (await RelaysAsync(cluster, "edge")).Count == 0 && await RecordAsync(cluster, "edge") is null, "nothing is left of the pool");
    }

    [Fact]
    public async Task TurnPool_Autoscaling_FollowsAllocations()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => Embedded(options) with { LeaseDuration = TimeSpan.FromHours(5) }, time: time);
        await cluster.WithTenantAsync();
        await CreateAsync(cluster, "edge", Spec() with { Replicas = 5, Autoscaling = new TurnAutoscaling { Min = 1, Max = 3, TargetAllocationsPerRelay = 100 } });
        var first = Assert.Single(await ReadyAsync(cluster, "edge", 1));

        cluster.Kubelet.Relay(first).Allocations = 250;
        var relays = await ReadyAsync(cluster, "edge", 3);
        Assert.Equal(3, (await PoolAsync(cluster, "edge")).Status!.DesiredReplicas);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Reason == "Scaled" && seen.Message!.Contains("changed from 1 to 3, for 250 allocations", StringComparison.Ordinal)),
            "an event says so");

        cluster.Kubelet.Relay(first).Allocations = 60;
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status is { Allocations: 60, DesiredReplicas: 3, DrainingReplicas: 0 }, "relays stay for a while");
        for (var seconds = 0; seconds < 600 && (await PoolAsync(cluster, "edge")).Status!.DesiredReplicas == 3; seconds += 10)
        {
            var before = cluster.Kubelet.Relay(first).State;
            time.Skip(TimeSpan.FromSeconds(10)); // less than a drain takes
            await cluster.EventuallyAsync(() => Task.FromResult(!ReferenceEquals(cluster.Kubelet.Relay(first).State, before)), "the operator looks at the relay");
        }

        foreach (var desired in (int[])[2, 1])
        {
            await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status is { DrainingReplicas: 1 } status && status.DesiredReplicas == desired, "one relay is drained at a time");
            time.Skip(TimeSpan.FromSeconds(16)); // the least time of a drain
        }

        await cluster.EventuallyAsync(async () => (await RelaysAsync(cluster, "edge")).SequenceEqual([first]), "the relay stays that is in use");
        Assert.Contains(first, relays);
    }

    [Fact]
    public async Task TurnPool_RejectedLater_DrainsItsRelays()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => Embedded(options) with { LeaseDuration = TimeSpan.FromHours(5) }, time: time);
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "edge", Spec());
        var relay = Assert.Single(await ReadyAsync(cluster, "edge", 1));
        cluster.Kubelet.Relay(relay).Allocations = 1;
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status!.Allocations == 1, "somebody uses the relay");

        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"pools":{"allowedExposures":["HostNetwork"]}}}""")!, default);

        var stalled = await StalledAsync(cluster, "edge", "ExposureNotAllowed");
        Assert.Contains("spec.pools.allowedExposures of the Tenant", stalled.Message, StringComparison.Ordinal);
        await cluster.EventuallyAsync(async () => await RecordAsync(cluster, "edge") is { Relays.Count: 0, Keys.Count: 1 }, "participants get no credentials, and the relay keeps its secret");
        Assert.Equal([relay], await RelaysAsync(cluster, "edge"));
        Assert.Single(cluster.Kubelet.Relay(relay).State!.Secrets);
        await cluster.EventuallyAsync(async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Reason == "ExposureNotAllowed"), "an event says so");

        cluster.Kubelet.Relay(relay).Allocations = 0;
        time.Skip(TimeSpan.FromSeconds(16));
        await cluster.EventuallyAsync(async () => (await RelaysAsync(cluster, "edge")).Count == 0 && await RecordAsync(cluster, "edge") is null, "the relay ends when nobody uses it");

        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"pools":{"allowedExposures":null}}}""")!, default);
        await ReadyAsync(cluster, "edge", 1);
    }

    [Fact]
    public async Task TurnPool_PortsOfAnotherPool_AreRejectedUntilChanged()
    {
        await using var cluster = await StartAsync();
        await cluster.WithTenantAsync();
        await CreateAsync(cluster, "edge", Spec());
        await ReadyAsync(cluster, "edge", 1);

        await CreateAsync(cluster, "same", Spec());
        await CreateAsync(cluster, "media", Spec(42_010));

        Assert.Contains("port 3478 belongs to TurnPool meet-a/edge", (await StalledAsync(cluster, "same", "PortRangeOverlaps")).Message, StringComparison.Ordinal);
        Assert.Contains("ports 42000-42063 belong to SfuPool meet-a/p", (await StalledAsync(cluster, "media", "PortRangeOverlaps")).Message, StringComparison.Ordinal);
        await EventAsync(cluster, "PortRangeOverlaps", "port 3478 belongs to TurnPool meet-a/edge");
        await EventAsync(cluster, "PortRangeOverlaps", "ports 42000-42063 belong to SfuPool meet-a/p");
        Assert.Empty((await RelaysAsync(cluster, "same")).Concat(await RelaysAsync(cluster, "media")));
        await PatchAsync(cluster, "same", """{"spec":{"listeners":[{"protocol":"UDP","port":3479}]}}""");
        await ReadyAsync(cluster, "same", 1);
        Assert.True((await PoolAsync(cluster, "edge")).IsReady());
    }

    /// <summary>Otherwise, a new pool of media nodes would end the calls on the relays of somebody else.</summary>
    [Theory]
    [InlineData("meet-a", "meet-b", "relays of another namespace")]
    [InlineData("meet-a", "meet-a", "TurnPool meet-a/edge")]
    [InlineData("meet-system", "meet-system", "TurnPool meet-system/edge")]
    public async Task TurnPool_NewMediaNodesOnItsPorts_GoesOn(string relays, string mediaNodes, string owner)
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");
        await cluster.CreateTenantAsync("b");
        await CreateAsync(cluster, "edge", Spec(), relays);
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge", relays)).IsReady(), "there are relays");
        var relay = Assert.Single(await RelaysAsync(cluster, "edge", relays));
        cluster.Kubelet.Relay(relay).Allocations = 1;

        var key = new NamespacedName(mediaNodes, "late");
        await cluster.Client.CreateAsync(new SfuPool { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace }, Spec = TestCluster.Pool(3_450) }, default);

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<SfuPool>(key, default)).Status?.Message?.Contains($"port 3478 belongs to {owner}: choose another range", StringComparison.Ordinal) == true, "the new pool gets no media nodes");
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Event>(mediaNodes, null, default)).Items.Any(seen => seen.Reason == "PortRangeOverlaps" && seen.InvolvedObject.Name == "late"), "an event says so");
        Assert.Empty((await cluster.Client.ListAsync<SfuNode>(mediaNodes, null, default)).Items);
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge", relays)).Status!.Allocations == 1, "the operator has looked at the relay again");
        Assert.True((await PoolAsync(cluster, "edge", relays)).IsReady());
        Assert.Single((await RecordAsync(cluster, "edge", relays))!.Relays);
        Assert.Equal([relay], await RelaysAsync(cluster, "edge", relays));
    }

    [Fact]
    public async Task TurnPool_OlderPoolOfMediaNodesChangesToItsPorts_GoesOn()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");
        await cluster.CreateTenantAsync("b");
        var key = new NamespacedName("meet-b", "old");
        await cluster.Client.CreateAsync(new SfuPool { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace }, Spec = TestCluster.Pool() }, default);
        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<SfuPool>(key, default)).IsReady(), "there is a media node");
        await CreateAsync(cluster, "edge", Spec());
        var relay = Assert.Single(await ReadyAsync(cluster, "edge", 1));
        cluster.Kubelet.Relay(relay).Allocations = 1;

        await cluster.Client.MergePatchAsync<SfuPool>(key, JsonNode.Parse("""{"spec":{"exposure":{"portRange":{"min":3450,"max":3513}}}}""")!, default);

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<SfuPool>(key, default)).Status?.Message?.Contains("port 3478 belongs to relays of another namespace", StringComparison.Ordinal) == true, "the pool gets no media nodes there");
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status!.Allocations == 1, "the operator has looked at the relay again");
        Assert.True((await PoolAsync(cluster, "edge")).IsReady());
        Assert.Single((await RecordAsync(cluster, "edge"))!.Relays);
    }

    [Fact]
    public async Task TurnPool_OfInstallation_KeepsItsPortsAgainstTenants()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool(3_450));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "a tenant's media node has the port");

        await CreateAsync(cluster, "shared", Spec(), "meet-system");

        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "shared", "meet-system")).IsReady(), "the installation's relays are created");
        await cluster.EventuallyAsync(
            async () => (await cluster.PoolAsync("p")).Status?.Message?.Contains("port 3478 belongs to relays of the installation", StringComparison.Ordinal) == true, "the tenant's pool gets no more media nodes there");
        Assert.Single(await cluster.NodesAsync());
    }

    [Fact]
    public async Task TurnPool_DeletedWhileNoOperatorRuns_LeavesTheSecret()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "gone", Spec());
        await CreateAsync(cluster, "kept", Spec(3_479));
        await ReadyAsync(cluster, "gone", 1);
        await ReadyAsync(cluster, "kept", 1);
        await cluster.StopOperatorAsync("operator-1");
        await cluster.Client.DeleteAsync<TurnPool>(new NamespacedName("meet-a", "gone"), default);

        await cluster.StartOperatorAsync("operator-2", change: Embedded);

        await cluster.EventuallyAsync(async () => await RecordAsync(cluster, "gone") is null, "the entry of the pool is removed");
        Assert.NotNull(await RecordAsync(cluster, "kept"));
    }

    [Fact]
    public async Task TurnPool_PodRefused_IsStalledWithFixAndEvent()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Reject = static (verb, resource) => (verb, resource) == ("create", "pods") ? "exceeded quota: small" : null;
        await cluster.StartOperatorAsync("operator-1", proxy.Address, Embedded);
        await cluster.CreateTenantAsync("a");

        await CreateAsync(cluster, "edge", Spec());

        Assert.Contains("raise it, or lower spec.replicas", (await StalledAsync(cluster, "edge", "QuotaExceeded")).Message, StringComparison.Ordinal);
        await cluster.EventuallyAsync(async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Reason == "QuotaExceeded"), "an event says so");
        proxy.Reject = null;
        await ReadyAsync(cluster, "edge", 1);
    }

    /// <summary>Relays need their peers also while the API server refuses to store a new secret.</summary>
    [Fact]
    public async Task TurnPool_SecretCannotBeWritten_RelaysStillGetPeers()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address, options => Embedded(options) with { LeaseDuration = TimeSpan.FromHours(5) }, time);
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "edge", Spec() with { Auth = new TurnAuth { RotationHours = 1, OverlapSeconds = 300 } });
        var relay = Assert.Single(await ReadyAsync(cluster, "edge", 1));
        Assert.Empty(cluster.Kubelet.Relay(relay).State!.Peers);

        proxy.Reject = static (verb, resource) => (verb, resource) == ("update", "secrets") ? "no" : null;
        time.Skip(TimeSpan.FromMinutes(61));
        await cluster.CreatePoolAsync("p", TestCluster.Pool());

        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Kubelet.Relay(relay).State!.Peers is ["127.0.0.1"]), "the relay may forward to the new media node");
        Assert.Single(cluster.Kubelet.Relay(relay).State!.Secrets);
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "edge")).Status!.Message!.Contains("the Secret of relays cannot be written", StringComparison.Ordinal), "the pool says so");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TurnPool_SecretDeletedOrEmptied_GoesOnWithNextVersion(bool isDeleted)
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => Embedded(options) with { LeaseDuration = TimeSpan.FromHours(5) }, time: time);
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "edge", Spec() with { Auth = new TurnAuth { OverlapSeconds = 300 } });
        var relay = Assert.Single(await ReadyAsync(cluster, "edge", 1));
        var former = (await RecordAsync(cluster, "edge"))!.Key!.Secret;
        cluster.Kubelet.Relay(relay).Allocations = 1;

        await LoseSecretAsync(cluster, isDeleted);

        await cluster.EventuallyAsync(async () => await RecordAsync(cluster, "edge") is { KeyVersion: 2, Relays.Count: 1 }, "participants get credentials made with the next secret");
        var next = (await RecordAsync(cluster, "edge"))!.Key!.Secret;
        Assert.NotEqual(former, next);
        Assert.Equal([former, next], cluster.Kubelet.Relay(relay).State!.Secrets); // credentials that exist stay valid
        await LostAsync(cluster, "Credentials made with the former ones are valid until they end: relays accept these secrets for 300 s");
        Assert.Equal([relay], await RelaysAsync(cluster, "edge"));
        Assert.Equal(2, (await ReadyPoolAsync(cluster)).Status!.KeyVersion);

        time.Skip(TimeSpan.FromSeconds(301));
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Kubelet.Relay(relay).State!.Secrets.SequenceEqual([next])), "relays do not accept the lost secret any more");
        await cluster.EventuallyAsync(async () => Conditions.Get((await PoolAsync(cluster, "edge")).Status!.Conditions, MeetConditions.SecretLost) is null, "the condition is gone");
    }

    /// <summary>The next operator does not know the lost secrets.</summary>
    [Fact]
    public async Task TurnPool_SecretDeletedWhileNoOperatorRuns_GoesOnWithNextVersion()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "edge", Spec());
        var relay = Assert.Single(await ReadyAsync(cluster, "edge", 1));
        await cluster.StopOperatorAsync("operator-1");
        await LoseSecretAsync(cluster, isDeleted: true);

        await cluster.StartOperatorAsync("operator-2", change: Embedded);

        await cluster.EventuallyAsync(async () => await RecordAsync(cluster, "edge") is { KeyVersion: 2, Keys.Count: 1, Relays.Count: 1 }, "participants get credentials made with the next secret");
        Assert.Equal([(await RecordAsync(cluster, "edge"))!.Key!.Secret], cluster.Kubelet.Relay(relay).State!.Secrets);
        await LostAsync(cluster, "credentials made with them open no further allocations; participants get new credentials");
        Assert.Equal([relay], await RelaysAsync(cluster, "edge"));
    }

    [Fact]
    public async Task TurnPool_StaticAddressesOfTenant_ArePeersOfItsOwnRelaysOnly()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1");
        var pool = TestCluster.Pool();
        await cluster.WithTenantAsync(pool: pool with { Exposure = pool.Exposure with { AddressSource = AddressSource.Static, StaticAddresses = ["203.0.113.7", "169.254.169.254", "10.96.0.1"] } });
        await CreateAsync(cluster, "shared", Spec(), "meet-system");
        await CreateAsync(cluster, "own", Spec(3_479));

        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "own")).Status is { ReadyReplicas: 1, Peers: 1 }, "the tenant's relays forward to its public address");
        await cluster.EventuallyAsync(async () => (await PoolAsync(cluster, "shared", "meet-system")).Status is { ReadyReplicas: 1 }, "the installation's relays are ready");
        Assert.Equal(["203.0.113.7"], cluster.Kubelet.Relay(Assert.Single(await RelaysAsync(cluster, "own"))).State!.Peers);
        Assert.Empty(cluster.Kubelet.Relay(Assert.Single(await RelaysAsync(cluster, "shared", "meet-system"))).State!.Peers);
    }

    [Fact]
    public async Task TurnPool_NetworkPolicy_AllowsPortsOfMediaNodesThatExist()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => Embedded(options) with { NetworkPolicies = true });
        await cluster.WithTenantAsync();
        await cluster.CreatePoolAsync("rejected", TestCluster.Pool(42_063));
        await CreateAsync(cluster, "edge", Spec());
        await ReadyAsync(cluster, "edge", 1);
        var port = Assert.Single(Assert.Single(await cluster.NodesAsync()).Spec.UdpPorts);

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.TryGetAsync<NetworkPolicy>(new NamespacedName("meet-a", "edge-relays"), default))?.Spec.Egress is [{ Ports: [var only] }] && only.Port.ToString() == $"{port}",
            "relays may send to the port of the media node alone");
    }

    /// <summary>People whose media flows over a relay must not lose it because their media node drains.</summary>
    [Fact]
    public async Task TurnPool_MediaNodeDrains_StaysPeerUntilItHasEnded()
    {
        await using var cluster = await StartAsync();
        await cluster.WithTenantAsync(pool: TestCluster.Pool() with { Drain = new SfuDrain { Policy = DrainPolicy.Wait } });
        await CreateAsync(cluster, "edge", Spec());
        var relay = cluster.Kubelet.Relay(Assert.Single(await ReadyAsync(cluster, "edge", 1)));
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(meeting.Status!.Assignments).SfuNode;
        cluster.Kubelet.Node(node).SetParticipants(meeting.Status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");

        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"replicas":0}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Single().Status!.State == SfuNodeState.Draining, "the media node drains");
        for (var calls = 0; calls < 2; calls++)
        {
            var before = relay.State;
            await cluster.EventuallyAsync(() => Task.FromResult(!ReferenceEquals(relay.State, before)), "the relay gets its state again");
            Assert.Equal(["127.0.0.1"], relay.State!.Peers);
        }

        Assert.Equal(1, (await PoolAsync(cluster, "edge")).Status!.Peers);
        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0, "the media node ends with its last meeting");
        await cluster.EventuallyAsync(() => Task.FromResult(relay.State!.Peers.Count == 0), "the relay forwards to it no more");
    }

    [Fact]
    public async Task TurnPool_ClockAndCapacityOfRelay_AreConditions()
    {
        await using var cluster = await StartAsync();
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "edge", Spec());
        var relay = cluster.Kubelet.Relay(Assert.Single(await ReadyAsync(cluster, "edge", 1)));

        (relay.ClockAhead, relay.IsFull) = (TimeSpan.FromMinutes(-5), true);

        TurnPool? pool = null;
        await cluster.EventuallyAsync(
            async () => (pool = await PoolAsync(cluster, "edge")).Status!.Conditions is var found && Conditions.Get(found, MeetConditions.ClockSkewed) is not null && Conditions.Get(found, MeetConditions.RelaysFull) is not null, "both are reported");
        Assert.Contains("300 s behind", Conditions.Get(pool!.Status!.Conditions, MeetConditions.ClockSkewed)!.Message, StringComparison.Ordinal);
        (relay.ClockAhead, relay.IsFull) = (TimeSpan.Zero, false);
        await cluster.EventuallyAsync(
            async () => (await PoolAsync(cluster, "edge")).Status!.Conditions is var found && Conditions.Get(found, MeetConditions.ClockSkewed) is null && Conditions.Get(found, MeetConditions.RelaysFull) is null, "both are over");
    }

    [Fact]
    public async Task Evict_RelayInUse_IsDrainedFirst()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync(
            "operator-1", change: options => Embedded(options) with { LeaseDuration = TimeSpan.FromHours(5), EvictionProtection = true, Webhook = new WebhookOptions { Address = "127.0.0.1:0" } }, time: time);
        await cluster.CreateTenantAsync("a");
        await CreateAsync(cluster, "edge", Spec());
        var relay = Assert.Single(await ReadyAsync(cluster, "edge", 1));
        var key = new NamespacedName("meet-a", relay);
        cluster.Kubelet.Relay(relay).Allocations = 1;
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<Pod>(key, default)).Metadata is { } marks && marks.Labels!.ContainsKey(MeetLabels.InUse) && marks.Annotations![MeetAnnotations.SafeToEvict] == "false", "the Pod is marked as in use");
        Assert.Equal("true", (await cluster.Client.GetAsync<PodDisruptionBudget>(new NamespacedName("meet-a", "edge-relays"), default)).Spec.Selector!.MatchLabels![MeetLabels.InUse]);

        var decision = await cluster.Service<IEvictionReviewer>("operator-1").ReviewAsync(Eviction(relay), default);

        Assert.False(decision.Allowed);
        Assert.Contains($"relay {relay} is being drained", decision.Message, StringComparison.Ordinal);
        await cluster.EventuallyAsync(async () => (await RecordAsync(cluster, "edge"))!.Relays is [var other] && other.Name != relay, "another relay takes its place");
        Assert.Null((await cluster.Client.GetAsync<Pod>(key, default)).Metadata.DeletionTimestamp);
        cluster.Kubelet.Relay(relay).Allocations = 0;
        time.Skip(TimeSpan.FromSeconds(16));
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Pod>(key, default) is null, "the operator deletes it when nobody uses it");
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: Embedded);
        return cluster;
    }

    /// <summary>All Pods of these tests have loopback addresses.</summary>
    private static OperatorOptions Embedded(OperatorOptions options) => options with { Turn = options.Turn with { LoopbackPeers = true } };

    private static TurnPoolSpec Spec(int port = 3478) => new()
    {
        Listeners = [new TurnListener { Protocol = TurnProtocol.UDP, Port = port }, new TurnListener { Protocol = TurnProtocol.TCP, Port = port }],
        Exposure = new TurnExposure { AddressSource = AddressSource.NodeInternalIP },
    };

    private static Task<TurnPool> CreateAsync(TestCluster cluster, string name, TurnPoolSpec spec, string @namespace = "meet-a") =>
        cluster.Client.CreateAsync(new TurnPool { Metadata = new ObjectMeta { Name = name, Namespace = @namespace }, Spec = spec }, default);

    private static Task<TurnPool> PoolAsync(TestCluster cluster, string name, string @namespace = "meet-a") => cluster.Client.GetAsync<TurnPool>(new NamespacedName(@namespace, name), default);

    private static Task<TurnPool> PatchAsync(TestCluster cluster, string name, string patch) => cluster.Client.MergePatchAsync<TurnPool>(new NamespacedName("meet-a", name), JsonNode.Parse(patch)!, default);

    private static async Task<IReadOnlyList<string>> RelaysAsync(TestCluster cluster, string pool, string @namespace = "meet-a") =>
        [.. (await cluster.Client.ListAsync<Pod>(@namespace, new ListOptions { LabelSelector = $"{MeetLabels.TurnPool}={pool}" }, default)).Items.Select(pod => pod.Metadata.Name!).Order(StringComparer.Ordinal)];

    private static async Task<IReadOnlyList<string>> ReadyAsync(TestCluster cluster, string pool, int count)
    {
        TurnPool? seen = null;
        await cluster.EventuallyAsync(async () => (seen = await PoolAsync(cluster, pool)).IsReady() && seen.Status!.ReadyReplicas == count, $"{count} relays of {pool} are ready", () => seen?.Status?.Message ?? "no status");
        return await RelaysAsync(cluster, pool);
    }

    private static async Task<TurnPool> ReadyPoolAsync(TestCluster cluster)
    {
        await ReadyAsync(cluster, "edge", 1);
        return await PoolAsync(cluster, "edge");
    }

    private static Task LoseSecretAsync(TestCluster cluster, bool isDeleted) =>
        isDeleted ? cluster.Client.DeleteAsync<Secret>(Secret, default) : cluster.Client.MergePatchAsync<Secret>(Secret, JsonNode.Parse("""{"data":null}""")!, default);

    /// <summary>The loss of secrets is an event, and a condition of the pool that is ready nevertheless.</summary>
    private static async Task LostAsync(TestCluster cluster, string says)
    {
        await cluster.EventuallyAsync(async () => Conditions.Get((await PoolAsync(cluster, "edge")).Status!.Conditions, MeetConditions.SecretLost)?.Message.Contains(says, StringComparison.Ordinal) == true, "the pool says what it means");
        await EventAsync(cluster, MeetConditions.SecretLost, says);
        Assert.DoesNotContain((await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items, seen => seen.Reason == "SecretRotated");
    }

    private static Task EventAsync(TestCluster cluster, string reason, string says) => cluster.EventuallyAsync(
        async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Reason == reason && seen.Type == "Warning" && seen.Message!.Contains(says, StringComparison.Ordinal)),
        "an event says so");

    private static async Task<Condition> StalledAsync(TestCluster cluster, string pool, string reason)
    {
        Condition? stalled = null;
        await cluster.EventuallyAsync(
            async () => (stalled = Conditions.Get((await PoolAsync(cluster, pool)).Status?.Conditions, MeetConditions.Stalled))?.Reason == reason, $"{pool} is stalled by {reason}", () => stalled?.ToString() ?? "not stalled");
        return stalled!;
    }

    private static async Task<TurnRecord?> RecordAsync(TestCluster cluster, string pool, string @namespace = "meet-a") =>
        (await cluster.Client.TryGetAsync<Secret>(Secret, default))?.GetBytes(TurnRecord.EntryOf(@namespace, pool)) is { } stored ? JsonSerializer.Deserialize<TurnRecord>(Encoding.UTF8.GetString(stored), KubeJson.Options) : null;

    private static AdmissionRequest Eviction(string pod) => new()
    {
        Operation = AdmissionOperation.Create,
        Group = "policy",
        Kind = "Eviction",
        Namespace = "meet-a",
        Name = pod,
        Subresource = "eviction",
        Object = JsonNode.Parse("""{"apiVersion":"policy/v1","kind":"Eviction"}""")!.AsObject(),
    };
}
