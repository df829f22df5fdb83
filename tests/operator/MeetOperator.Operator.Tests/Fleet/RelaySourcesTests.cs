using MeetOperator.Kube.Core;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>The addresses of relays that media nodes get.</summary>
public sealed class RelaySourcesTests
{
    [Fact]
    public void Of_PodInItsOwnNetwork_NamesPodAndClusterNode() => Assert.Equal(
        ["10.1.2.3 49152-49251", "192.0.2.4 1-65535", "fd00::3 49152-49251"],
        Names(Relay("49152-49251", host: "192.0.2.4", "10.1.2.3", "fd00::3")));

    /// <summary>What a relay sends to the external address of another cluster node comes from the external address of its own one, in either family.</summary>
    [Fact]
    public void Of_ClusterNodeWithExternalAddresses_NamesAllOfThem() => Assert.Equal(
        ["10.1.2.3 49152-49251", "192.0.2.4 1-65535", "198.51.100.7 1-65535", "2001:db8::7 1-65535"],
        RelaySources.Of([(Relay("49152-49251", host: "192.0.2.4", "10.1.2.3"), ["192.0.2.4", "198.51.100.7", "2001:db8::7", "no address"])]).Sources.Select(source => $"{source.Address} {source.MinPort}-{source.MaxPort}"));

    /// <summary>The cluster node has other things on other ports.</summary>
    [Fact]
    public void Of_PodInTheNetworkOfItsHost_NamesOnlyRelayPorts() => Assert.Equal(["192.0.2.4 49152-49251"], Names(Relay("49152-49251", host: "192.0.2.4", "192.0.2.4")));

    /// <summary>Everybody on this machine comes from the address of the host in an embedded installation.</summary>
    [Fact]
    public void Of_HostIsLoopback_NamesOnlyThePod() => Assert.Equal(["127.3.0.9 49152-49251"], Names(Relay("49152-49251", host: "127.0.0.1", "127.3.0.9")));

    [Fact]
    public void Of_RelayWithAddressesOfTheMachine_NamesTheseToo()
    {
        var pod = Relay("61000-61099", host: "127.0.0.1", "127.3.0.9");
        pod.Spec.Containers[0].Env!.Add(new EnvVar { Name = "MEET_TURN_RELAY_ADDRESSES", Value = "192.0.2.7,2001:db8::7,$(POD_IPS)" });

        Assert.Equal(["127.3.0.9 61000-61099", "192.0.2.7 61000-61099", "2001:db8::7 61000-61099"], Names(pod));
    }

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    public void Of_PodHasEnded_IsLeftOut(string phase)
    {
        var pod = Relay("1-2", host: null, "10.1.2.3");
        pod.Status!.Phase = phase;

        Assert.Empty(Names(pod));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2-1")]
    [InlineData("0-9")]
    [InlineData("1-99999")]
    [InlineData("1-2-3")]
    public void Of_PortsUnreadable_NamesAllPorts(string ports) => Assert.Equal(["10.1.2.3 1-65535"], Names(Relay(ports, host: null, "10.1.2.3")));

    [Fact]
    public void Of_SamePodsInAnotherOrder_HasTheSameRevision()
    {
        var (first, second) = (Relay("1-2", null, "10.0.0.1"), Relay("1-2", null, "10.0.0.2"));

        Assert.Equal(Of(first, second).Revision, Of(second, first).Revision);
        Assert.NotEqual(Of(first).Revision, Of(second).Revision);
    }

    [Theory]
    [InlineData(null, true, false)] // an earlier version
    [InlineData("", true, true)]
    [InlineData("", false, false)]
    [InlineData("other", false, true)]
    [InlineData("other", true, true)]
    [InlineData("same", true, false)]
    public void IsDue_Revisions_AsksForWhatTheNodeLacks(string? known, bool any, bool isDue)
    {
        var relays = any ? Of(Relay("1-2", null, "10.0.0.1")) : Of();
        var report = new NodeReport { Node = "n", Version = "1", InstanceId = "i", State = NodeState.Ready, StartedAt = DateTimeOffset.UnixEpoch, Rooms = [], RelaysRevision = known == "same" ? relays.Revision : known };

        Assert.Equal(isDue, RelaySources.IsDue(relays, report));
    }

    private static IEnumerable<string> Names(params Pod[] pods) => Of(pods).Sources.Select(source => $"{source.Address} {source.MinPort}-{source.MaxPort}");

    private static NodeRelays Of(params Pod[] pods) => RelaySources.Of(pods.Select(pod => (pod, Enumerable.Empty<string>())));

    private static Pod Relay(string ports, string? host, params string[] addresses) => new()
    {
        Spec = new PodSpec { Containers = [new Container { Name = "turn", Env = [new EnvVar { Name = "MEET_TURN_RELAY_PORTS", Value = ports }] }] },
        Status = new PodStatus { Phase = "Running", HostIp = host, PodIp = addresses[0], PodIps = [.. addresses.Select(address => new PodIp { Ip = address })] },
    };
}
