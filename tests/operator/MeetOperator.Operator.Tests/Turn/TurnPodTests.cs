using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPodTests
{
    private static readonly TurnOptions Options = new() { Image = "turn:1" };

    private static TurnPool Pool(TurnPoolSpec? spec = null) => new() { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a", Uid = "1" }, Spec = spec ?? new TurnPoolSpec() };

    private static Container Container(TurnPoolSpec? spec = null, TurnOptions? options = null) => Assert.Single(TurnPod.Build(Pool(spec), "edge-a", options ?? Options, "secret").Spec.Containers);

    private static string? Value(Container container, string name) => container.Env!.Single(variable => variable.Name == name).Value;

    [Fact]
    public void Build_ByDefault_MountsNoTokenAndRunsUnprivileged()
    {
        var pod = TurnPod.Build(Pool(), "edge-a", Options, "secret");
        Assert.False(pod.Spec.AutomountServiceAccountToken);
        Assert.True(pod.Spec.SecurityContext!.RunAsNonRoot);
        Assert.Null(pod.Spec.HostNetwork);
        var security = pod.Spec.Containers[0].SecurityContext!;
        Assert.Equal((false, true), (security.AllowPrivilegeEscalation, security.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], security.Capabilities!.Drop!);
    }

    [Fact]
    public void Build_ByDefault_OpensListenersAndNotTheControlPortOnTheHost() =>
        Assert.Equal([("control", null), ("turn-udp", 3478), ("turn-tcp", 3478)], Container().Ports!.Select(port => (port.Name!, port.HostPort)));

    /// <summary>A zone that fails should not take all relays with it. A pool in one zone works too.</summary>
    [Fact]
    public void Build_Always_SpreadsRelaysOfThePoolOverZonesIfPossible()
    {
        var pod = TurnPod.Build(Pool(), "edge-a", Options, "secret");
        var spread = Assert.Single(pod.Spec.TopologySpreadConstraints!);
        Assert.Equal(("topology.kubernetes.io/zone", "ScheduleAnyway", 1), (spread.TopologyKey, spread.WhenUnsatisfiable, spread.MaxSkew));
        var (label, value) = Assert.Single(spread.LabelSelector!.MatchLabels!);
        Assert.Equal(value, pod.Metadata.Labels![label]);
        Assert.Equal((MeetLabels.TurnPool, "edge"), (label, value));
    }

    [Theory]
    [InlineData(443, "5349", 5349)]
    [InlineData(8443, "8443", 8443)]
    public void Build_Tls_OpensItsPortOnTheHost(int port, string variable, int inPod)
    {
        var container = Container(Tls(port));
        Assert.Equal((variable, "3478", "UDP,TCP"), (Value(container, "MEET_TURN_TLS_PORT"), Value(container, "MEET_TURN_PORT"), Value(container, "MEET_TURN_PROTOCOLS")));
        var opened = container.Ports!.Single(one => one.Name == "turn-tls");
        Assert.Equal((inPod, port, "TCP"), (opened.Port, opened.HostPort, opened.Protocol));
        var allowed = TurnNetworkPolicy.Build(Pool(Tls(port)), "meet-system", [], []).Spec.Ingress![0].Ports!;
        Assert.Equal([("UDP", "3478"), ("TCP", "3478"), ("TCP", $"{inPod}")], allowed.Select(one => (one.Protocol!, one.Port.ToString()!)));
    }

    /// <summary>Otherwise an upgrade would replace all relays, and a renewed certificate too.</summary>
    [Fact]
    public void HashOf_WithoutTlsOrWithOtherSecret_IsTheSame()
    {
        Assert.DoesNotContain(Container().Env!, variable => variable.Name == "MEET_TURN_TLS_PORT");
        Assert.Equal(TurnPod.HashOf(Pool(Tls(443)), Options), TurnPod.HashOf(Pool(Tls(443) with { Tls = new TurnTls { SecretName = "other", Host = "other.example.com" } }), Options));
    }

    private static TurnPoolSpec Tls(int port) => new()
    {
        Listeners = [new TurnListener { Protocol = TurnProtocol.UDP }, new TurnListener { Protocol = TurnProtocol.TCP }, new TurnListener { Protocol = TurnProtocol.TLS, Port = port }],
        Tls = new TurnTls { SecretName = "relay-tls" },
    };

    /// <summary>Relays get secrets from the operator, so that nobody who may read Secrets or Pods of the namespace can make credentials.</summary>
    [Fact]
    public void Build_Always_HasNoSecretOfCredentials() =>
        Assert.All(Container().Env!.Where(variable => variable.ValueFrom?.SecretKeyRef is not null), variable => Assert.StartsWith("MEET_NODE_", variable.Name, StringComparison.Ordinal));

    [Fact]
    public void Build_Limits_AreInUnitsOfCoturn()
    {
        var container = Container(new TurnPoolSpec { Limits = new TurnLimits { AllocationsPerCredential = 7, AllocationsPerRelay = 9, KbpsPerAllocation = 800 } });
        Assert.Equal(("7", "9", "100000"), (Value(container, "MEET_TURN_ALLOCATIONS_PER_CREDENTIAL"), Value(container, "MEET_TURN_ALLOCATIONS"), Value(container, "MEET_TURN_BYTES_PER_SECOND")));
    }

    [Fact]
    public void Build_LoopbackPeers_OnlyWhereTheInstallationAllowsThem()
    {
        Assert.Equal("false", Value(Container(), "MEET_TURN_LOOPBACK_PEERS"));
        Assert.Equal("true", Value(Container(options: Options with { LoopbackPeers = true }), "MEET_TURN_LOOPBACK_PEERS"));
    }

    /// <summary>Pods of an embedded installation have loopback addresses, which Firefox pairs with each other only.</summary>
    [Theory]
    [InlineData(true, "192.0.2.7 2001:db8::7", "192.0.2.7,2001:db8::7,$(POD_IPS)")]
    [InlineData(true, "127.0.0.1 192.0.2.7", "$(POD_IPS)")]
    [InlineData(false, "192.0.2.7 2001:db8::7", "$(POD_IPS)")]
    public void Build_RelayAddresses_AreOfTheMachineWhereClientsUseNoLoopback(bool isEmbedded, string clientAddresses, string expected)
    {
        var spec = new TurnPoolSpec { Exposure = new TurnExposure { AddressSource = AddressSource.Static, StaticAddresses = clientAddresses.Split(' ') } };
        var options = Options with { LoopbackPeers = isEmbedded };
        Assert.Equal(expected, Value(Container(spec, options), "MEET_TURN_RELAY_ADDRESSES"));
        Assert.Equal(expected.Split(',')[..^1], TurnPod.RelayAddressesOf(TurnPod.Build(Pool(spec), "edge-a", options, "secret")));
    }

    [Fact]
    public void HashOf_ChangeOfPod_DiffersAndNameDoesNotMatter()
    {
        var hash = TurnPod.HashOf(Pool(), Options);
        Assert.Equal(hash, TurnPod.Build(Pool(), "edge-b", Options, "another").Metadata.Annotations![MeetAnnotations.PodHash]);
        Assert.Equal(hash, TurnPod.HashOf(Pool(new TurnPoolSpec { Replicas = 9, Auth = new TurnAuth { RotationHours = 1 } }), Options));
        Assert.NotEqual(hash, TurnPod.HashOf(Pool(), Options with { Image = "turn:2" }));
        Assert.NotEqual(hash, TurnPod.HashOf(Pool(new TurnPoolSpec { Limits = new TurnLimits { AllocationsPerRelay = 1 } }), Options));
    }

    [Fact]
    public void Build_WithoutResources_RequestsThemForItsAllocations()
    {
        var resources = Container(new TurnPoolSpec { Limits = new TurnLimits { AllocationsPerRelay = 4096 } }).Resources!;
        Assert.Equal(("100m", "192Mi"), (resources.Requests!["cpu"], resources.Requests["memory"]));
        Assert.Equal(new Dictionary<string, string> { ["memory"] = "896Mi" }, resources.Limits!);
    }

    [Fact]
    public void Build_WithResources_UsesThese()
    {
        var resources = Container(new TurnPoolSpec { Resources = new MediaNodeResources { Limits = new Dictionary<string, string> { ["cpu"] = "2", ["memory"] = "1Gi" } } }).Resources!;
        Assert.Null(resources.Requests);
        Assert.Equal("1Gi", resources.Limits!["memory"]);
    }

    [Fact]
    public void DisruptionBudget_Always_SelectsRelaysInUse()
    {
        var budget = PoolDisruptionBudget.Build<PodDisruptionBudget>(Pool());
        Assert.Equal(("edge-relays", "1"), (budget.Metadata.Name, budget.Metadata.OwnerReferences![0].Uid));
        Assert.Equal(new Dictionary<string, string> { [MeetLabels.TurnPool] = "edge", [MeetLabels.InUse] = "true" }, budget.Spec.Selector!.MatchLabels);
        Assert.True(budget.Spec.MinAvailable > 100);
    }

    [Fact]
    public void NetworkPolicy_Always_AllowsOnlyMediaPorts()
    {
        var policy = TurnNetworkPolicy.Build(Pool(), "meet-system", [], [43_000, 42_001, 42_000, 42_001]);
        Assert.Equal([("UDP", "42000"), ("UDP", "42001"), ("UDP", "43000")], Assert.Single(policy.Spec.Egress!).Ports!.Select(port => (port.Protocol!, port.Port.ToString()!)));
        Assert.Empty(TurnNetworkPolicy.Build(Pool(), "meet-system", [], []).Spec.Egress!);
    }
}
