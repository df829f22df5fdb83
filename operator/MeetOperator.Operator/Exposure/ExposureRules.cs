using System.Globalization;
using System.Net.Sockets;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Exposure;

/// <summary>Whether clients can probably reach a pool, as far as that can be measured inside the cluster: the condition ExposureReady. Pure.</summary>
internal static class ExposureRules
{
    public const string Reachable = "Reachable";
    public const string Unreachable = "Unreachable";
    public const string TcpUnreachable = "TcpUnreachable";
    public const string UnreachableFromInside = "UnreachableFromInside";
    public const string NotSupported = "NotSupported";
    public const string NotMeasured = "NotMeasured";
    public const string NothingToMeasure = "NothingToMeasure";
    public const string Measuring = "Measuring";

    /// <summary>Targets that a message names.</summary>
    private const int MaxNamed = 4;

    /// <param name="snapshot">What was measured.</param>
    /// <param name="unsupported">Members that do not answer such requests: their version is older.</param>
    /// <param name="open">What to open for inbound traffic, for the message.</param>
    /// <param name="before">The present condition, or null. It stays while too little has been measured, for example by a new leader.</param>
    /// <param name="generation">Generation of the pool.</param>
    public static Condition Judge(ExposureSnapshot snapshot, int unsupported, string open, Condition? before, long? generation)
    {
        var (status, reason, message) = Judge(snapshot, unsupported, open);
        return reason == Measuring && before is not null
            ? before
            : new Condition { Type = MeetConditions.ExposureReady, Status = status, Reason = reason, Message = message, ObservedGeneration = generation };
    }

    /// <summary>
    /// Whether an external address of another cluster node than the operator's answers. Addresses that a pool names do not count: anything may answer there. Without its own cluster node the operator
    /// cannot tell.
    /// </summary>
    public static bool IsPublicReachable(ExposurePlace? place, IEnumerable<KeyValuePair<ExposureTarget, ExposureRecord>> records) =>
        place?.Machine is { } own && records.Any(entry => entry.Value.State == ExposureState.Answers && IsElsewhere(entry.Key, own) && AddressRanges.IsPublic(entry.Key.Server.Address));

    private static bool IsElsewhere(ExposureTarget target, string own) => target.Machine is { } machine && machine != own;

    /// <summary>Whether a failure shows that clients cannot connect: the address is private, or an external one of another cluster node, to which the network leads from inside.</summary>
    private static bool IsCertain(ExposureTarget target, ExposureSnapshot snapshot) =>
        !AddressRanges.IsPublic(target.Server.Address) || (snapshot.IsPublicReachable && snapshot.Place?.Machine is { } own && IsElsewhere(target, own));

    private static (ConditionStatus Status, string Reason, string Message) Judge(ExposureSnapshot snapshot, int unsupported, string open)
    {
        ExposureTarget[] Of(ExposureState state) => [.. snapshot.Records.Where(entry => entry.Record.State == state).Select(entry => entry.Target)];

        var (answers, fails, undecided, unmeasured) = (Of(ExposureState.Answers), Of(ExposureState.Fails), Of(ExposureState.Undecided), Of(ExposureState.NotMeasured));
        var (place, measured) = ($"{snapshot.Place}", answers.Length + fails.Length);
        ExposureTarget[] certain = [.. fails.Where(target => IsCertain(target, snapshot))];
        if (certain.Length > 0)
        {
            var isUdp = certain.Any(target => target.IsUdp);
            return (ConditionStatus.False, isUdp ? Unreachable : TcpUnreachable, string.Create(
                CultureInfo.InvariantCulture,
                $"{certain.Length} of {measured} ports that clients use do not answer {place}: {Name(certain, snapshot)}; {(isUdp ? "people cannot connect there" : "people whose network lets no UDP through cannot connect there")}: {open}"));
        }

        if (fails.Length > 0)
        {
            return (ConditionStatus.Unknown, UnreachableFromInside, string.Create(
                CultureInfo.InvariantCulture,
                $"{fails.Length} of {measured} ports that clients use do not answer {place}: {Name(fails, snapshot)}; these addresses are public, and many networks do not lead from inside to their own public addresses (hairpin), so people may connect nevertheless: run 'kubectl meet net check' outside the cluster, and if it fails there, {open}"));
        }

        if (undecided.Length > 0)
        {
            return (ConditionStatus.Unknown, Measuring, string.Create(CultureInfo.InvariantCulture, $"{undecided.Length} ports that clients use have not been measured often enough"));
        }

        if (unsupported > 0)
        {
            return (ConditionStatus.Unknown, NotSupported, string.Create(
                CultureInfo.InvariantCulture, $"{unsupported} media nodes run a version that does not answer STUN binding requests, so their ports cannot be measured: replace them with the present version, or test with a call"));
        }

        if (answers.Length == 0)
        {
            return unmeasured.Length > 0
                ? (ConditionStatus.Unknown, NotMeasured, $"the operator has no route to the addresses that clients use, {place}: {NameFew(unmeasured)}; run 'kubectl meet net check' where clients are")
                : (ConditionStatus.Unknown, NothingToMeasure, "no ready member of the pool has an address that the operator may measure");
        }

        var near = snapshot.Place?.Machine is { } own && answers.All(target => target.Machine == own) ? ", on the same cluster node, so no firewall in front of it was tried" : string.Empty;
        return (ConditionStatus.True, Reachable, string.Create(
            CultureInfo.InvariantCulture,
            $"all {answers.Length} ports that clients use answer {place}{near}{Left(unmeasured)}; 'kubectl meet net check' shows whether they answer elsewhere"));
    }

    private static string Left(ExposureTarget[] unmeasured) => unmeasured.Length == 0 ? string.Empty
        : $"; those with {(unmeasured.Any(target => target.Server.AddressFamily == AddressFamily.InterNetworkV6) ? "IPv6" : "IPv4")} addresses were not measured, because the operator's Pod has no route there";

    private static string Name(ExposureTarget[] targets, ExposureSnapshot snapshot) =>
        Join(targets, target => $"{target} ({Describe(snapshot.Records.First(entry => entry.Target == target).Record.Last)})");

    private static string NameFew(ExposureTarget[] targets) => Join(targets, target => target.ToString());

    private static string Join(ExposureTarget[] targets, Func<ExposureTarget, string> name)
    {
        var ordered = targets.OrderByDescending(target => target.IsUdp).ThenBy(target => target.ToString(), StringComparer.Ordinal).Take(MaxNamed).Select(name);
        return string.Join(", ", ordered) + (targets.Length > MaxNamed ? string.Create(CultureInfo.InvariantCulture, $" and {targets.Length - MaxNamed} more") : string.Empty);
    }

    private static string Describe(BindingResult? result) => result?.Outcome switch
    {
        BindingOutcome.Refused => "refused",
        BindingOutcome.TlsFailed => "TLS fails",
        _ => "no answer",
    };
}
