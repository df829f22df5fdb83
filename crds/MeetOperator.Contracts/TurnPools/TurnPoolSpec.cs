using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>Desired state of a pool of relays.</summary>
[CelRule("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)", TurnPoolValidation.RegionImmutable, FieldPath = ".region")]
[CelRule("self.realm == oldSelf.realm", TurnPoolValidation.RealmImmutable, FieldPath = ".realm")]
[CelRule("size(self.listeners) > 0", TurnPoolValidation.NoListener, FieldPath = ".listeners")]
[CelRule("size(self.listeners) == 0 || self.listeners.exists(one, one.protocol != 'TLS')", TurnPoolValidation.TlsAlone, FieldPath = ".listeners")]
[CelRule("self.listeners.all(one, one.protocol == 'TLS' || self.listeners.all(other, other.protocol == 'TLS' || one.port == other.port))", TurnPoolValidation.OnePort, FieldPath = ".listeners")]
[CelRule("self.listeners.all(tls, tls.protocol != 'TLS' || self.listeners.all(one, one.protocol == 'TLS' || (one.port != tls.port && (tls.port != 443 || one.port != 5349))))", TurnPoolValidation.TlsPortShared, FieldPath = ".listeners")]
[CelRule("!self.listeners.exists(one, one.port == 443) || !has(self.exposure.type) || self.exposure.type != 'HostNetwork'", TurnPoolValidation.HttpsPortInHostNetwork, FieldPath = ".listeners")]
[CelRule("!self.listeners.exists(one, one.protocol == 'TLS') || has(self.tls)", TurnPoolValidation.TlsNeedsSecret, FieldPath = ".tls")]
[CelRule("!has(self.tls) || self.listeners.exists(one, one.protocol == 'TLS')", TurnPoolValidation.TlsNeedsListener, FieldPath = ".tls")]
[CelRule("self.listeners.all(one, one.port != 8091)", TurnPoolValidation.ControlPortTaken, FieldPath = ".listeners")]
[CelRule("!has(self.autoscaling) || self.autoscaling.min <= self.autoscaling.max", TurnPoolValidation.AutoscalingReversed, FieldPath = ".autoscaling.max")]
[CelRule("!has(self.autoscaling) || has(self.autoscaling.targetAllocationsPerRelay) || has(self.autoscaling.targetMbpsPerRelay)", TurnPoolValidation.AutoscalingNeedsTarget, FieldPath = ".autoscaling")]
public sealed record TurnPoolSpec
{
    /// <summary>
    /// Number of relays, 0 to 100. Each needs a cluster node of its own, because of its host port. Ignored while spec.autoscaling is set. Default 1; mutable, also through the scale subresource.
    /// </summary>
    [Range(0, 100)]
    [Default("1")]
    public int Replicas { get; init; } = 1;

    /// <summary>Region of the relays, as in SfuPools. Participants of the region use them first, then those whose media node is there. Optional; default no region; immutable.</summary>
    [MaxLength(63)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string? Region { get; init; }

    /// <summary>Realm of the credentials, which clients see. At most 48 characters, so that the answers to forged requests stay small. Default meet; immutable.</summary>
    [MaxLength(48)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")]
    [Default("\"meet\"")]
    public string Realm { get; init; } = "meet";

    /// <summary>How clients reach the relays, at most one entry for each protocol; TLS needs spec.tls. Default UDP and TCP at 3478; mutable, by replacing relays.</summary>
    [MaxItems(3)]
    [ListMapKey("protocol")]
    [Default("[{\"protocol\":\"UDP\",\"port\":3478},{\"protocol\":\"TCP\",\"port\":3478}]")]
    public IReadOnlyList<TurnListener> Listeners { get; init; } = [new() { Protocol = TurnProtocol.UDP }, new() { Protocol = TurnProtocol.TCP }];

    /// <summary>Certificate for the listener with protocol TLS, which needs it. Optional; mutable.</summary>
    public TurnTls? Tls { get; init; }

    /// <summary>Where the relays are reached. Mutable, by replacing relays.</summary>
    [Default("{}")]
    public TurnExposure Exposure { get; init; } = new();

    /// <summary>
    /// Ports from which relays send to media nodes, which respond to them; each allocation takes one. They need not be reachable for anybody else. A pool of a tenant may have 4096. Default 49152 to 53247;
    /// mutable, by replacing relays.
    /// </summary>
    [Default("{\"min\":49152,\"max\":53247}")]
    public PortRange RelayPorts { get; init; } = new() { Min = 49_152, Max = 53_247 };

    /// <summary>Lifetime of credentials and secrets. Mutable.</summary>
    [Default("{}")]
    public TurnAuth Auth { get; init; } = new();

    /// <summary>What one participant and one relay may use. Mutable, by replacing relays.</summary>
    [Default("{}")]
    public TurnLimits Limits { get; init; } = new();

    /// <summary>The number of relays by what they carry, in place of replicas. Optional; mutable.</summary>
    public TurnAutoscaling? Autoscaling { get; init; }

    /// <summary>How a relay is drained before it is deleted. Mutable.</summary>
    [Default("{}")]
    public TurnDrain Drain { get; init; } = new();

    /// <summary>
    /// Resources of a relay's container. Without requests and limits, relays get requests and a limit of memory for limits.allocationsPerRelay, and no limit of CPU. Default none; mutable, by
    /// replacing relays.
    /// </summary>
    [Default("{}")]
    public MediaNodeResources Resources { get; init; } = new();

    /// <summary>
    /// Labels of the cluster nodes that may run relays. Two pools can have the same ports only if their labels exclude each other. Default none, which allows every cluster node; mutable, by
    /// replacing relays.
    /// </summary>
    [MaxItems(32)]
    [MaxLength(63)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();
}
