using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>C# counterpart of every CEL rule of an SfuPool.</summary>
public static class SfuPoolValidation
{
    internal const string RegionImmutable = "region is immutable: create a new pool for another region";
    internal const string RangeReversed = "max must not be lower than min";
    internal const string RangeTooNarrow = "the port range must contain at least udpPorts ports";
    internal const string StaticNeedsAddresses = "addressSource Static requires at least one address in staticAddresses";
    internal const string StaticOfOtherFamily = "no static address has a family in ipFamilies: add an address, or change ipFamilies";
    internal const string HostNetworkHasNoPodIP = "a Pod with type HostNetwork does not have its own address: use NodeInternalIP, NodeExternalIP or Static";
    internal const string RebalanceTooEarly = "rebalance.stressThreshold must be higher than capacity.stressThreshold: otherwise meetings would leave nodes that still accept new ones";
    internal const string SoftAfterDeadline = "with policy WaitThenMigrate, softSeconds must not be higher than deadlineSeconds";
    internal const string MigrateNeedsSurge = "rollout type Migrate creates new nodes before it drains old ones, so maxSurge must be at least 1: raise it, or use type WhenEmpty";
    internal const string ReservedKey = "keys of meetoperator.io are reserved for the operator";

    /// <summary>Returns all errors; empty when <paramref name="pool"/> is valid. <paramref name="old"/> is null on create.</summary>
    public static IReadOnlyList<FieldError> Validate(SfuPool pool, SfuPool? old)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var errors = new List<FieldError>();
        var spec = pool.Spec;
        if (old is not null && old.Spec.Region != spec.Region)
        {
            errors.Add(new("spec.region", RegionImmutable));
        }

        var range = spec.Exposure.PortRange;
        if (range.Min > range.Max)
        {
            errors.Add(new("spec.exposure.portRange.max", RangeReversed));
        }
        else if (range.Max - range.Min + 1 < spec.Exposure.UdpPorts)
        {
            errors.Add(new("spec.exposure.portRange", RangeTooNarrow));
        }

        if (spec.Exposure.AddressSource == AddressSource.Static && spec.Exposure.StaticAddresses.Count == 0)
        {
            errors.Add(new("spec.exposure.staticAddresses", StaticNeedsAddresses));
        }

        if (spec.Exposure is { AddressSource: AddressSource.Static, StaticAddresses.Count: > 0 } exposure && !exposure.StaticAddresses.Any(address => exposure.IpFamilies.Contains(FamilyOf(address))))
        {
            errors.Add(new("spec.exposure.staticAddresses", StaticOfOtherFamily));
        }

        if (spec.Exposure is { Type: ExposureType.HostNetwork, AddressSource: AddressSource.PodIP })
        {
            errors.Add(new("spec.exposure.addressSource", HostNetworkHasNoPodIP));
        }

        if (spec.Connectivity.Rule.AllowsNothing)
        {
            errors.Add(new("spec.connectivity.turn", ConnectivityRule.RelayForcedAndDenied));
        }

        if (spec.Drain is { Policy: DrainPolicy.WaitThenMigrate } drain && drain.SoftSeconds > drain.DeadlineSeconds)
        {
            errors.Add(new("spec.drain.softSeconds", SoftAfterDeadline));
        }

        if (spec.Rebalance.StressThreshold <= spec.Capacity.StressThreshold)
        {
            errors.Add(new("spec.rebalance.stressThreshold", RebalanceTooEarly));
        }

        if (spec.Rollout is { Type: RolloutType.Migrate, MaxSurge: { Number: 0, Text: null or "0%" } })
        {
            errors.Add(new("spec.rollout.maxSurge", MigrateNeedsSurge));
        }

        errors.AddRange(Reserved(spec.Template.Labels, "spec.template.labels"));
        errors.AddRange(Reserved(spec.Template.Annotations, "spec.template.annotations"));
        return errors;
    }

    /// <summary>The family of an address in text form.</summary>
    public static IpFamily FamilyOf(string address) => address.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;

    private static IEnumerable<FieldError> Reserved(IReadOnlyDictionary<string, string> entries, string path) =>
        entries.Keys.Any(key => key.StartsWith(MeetGroup.Name + "/", StringComparison.Ordinal)) ? [new(path, ReservedKey)] : [];
}
