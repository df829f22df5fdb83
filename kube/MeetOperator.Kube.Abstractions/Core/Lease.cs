using System.Text.Json.Serialization;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Core;

/// <summary>coordination.k8s.io/v1 Lease: a time-limited lock, for example for leader election.</summary>
[KubernetesEntity(Group = "coordination.k8s.io", Version = "v1", Kind = "Lease", Plural = "leases")]
public sealed class Lease : KubernetesObject
{
    public LeaseSpec Spec { get; set; } = new();
}

public sealed class LeaseSpec : ExtensibleObject
{
    public string? HolderIdentity { get; set; }
    public int? LeaseDurationSeconds { get; set; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; set; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; set; }

    /// <summary>Number of changes of the holder; serves as a fencing number.</summary>
    public int? LeaseTransitions { get; set; }
}
