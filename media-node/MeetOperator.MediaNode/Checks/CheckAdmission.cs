using System.Net;
using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Checks;

/// <summary>Decides whether a network check may be opened. Media comes first: a check is refused as soon as the node has something better to do. Pure.</summary>
internal static class CheckAdmission
{
    /// <summary>Eight checks send and receive 48 Mbit/s each way at most (<see cref="Limits.IngressLimit.OfCheck"/>).</summary>
    internal const int MaxOpen = 8;

    internal const int MaxOpenOfTenant = 5;

    /// <summary>How many of the node's checks, and of a tenant's, are only for participants of meetings: strangers must not take all.</summary>
    internal const int Reserved = 2;

    /// <summary>Several persons of an office have one address.</summary>
    internal const int MaxOpenOfCaller = 3;

    /// <summary>The part of its time that the busiest loop may have worked.</summary>
    internal const double MaxLoad = 0.6;

    /// <summary>Returns why the check is refused, or null.</summary>
    /// <param name="spec">The check.</param>
    /// <param name="open">The checks that are open.</param>
    /// <param name="load">The part of its time that the busiest loop works.</param>
    public static ControlProblemException? Refuse(NetworkCheckSpec spec, IReadOnlyCollection<NetworkCheckSpec> open, double load) => spec switch
    {
        { Tenant.Length: 0 or > NetworkCheckSpec.MaxLength } or { Caller.Length: 0 or > NetworkCheckSpec.MaxLength } or { Room.Length: > NetworkCheckSpec.MaxLength } =>
            ControlProblemException.InvalidRequest($"tenant, caller and room must have 1 to {NetworkCheckSpec.MaxLength} characters."),
        _ when load > MaxLoad => Busy(HttpStatusCode.ServiceUnavailable, "The node is busy with meetings and takes no network checks now."),
        _ when open.Count >= Limit(MaxOpen, spec) => Busy(HttpStatusCode.ServiceUnavailable, $"The node has {Limit(MaxOpen, spec)} network checks, its limit{Whose(spec)}."),
        _ when open.Count(one => one.Tenant == spec.Tenant) >= Limit(MaxOpenOfTenant, spec) =>
            Busy(HttpStatusCode.TooManyRequests, $"The tenant has {Limit(MaxOpenOfTenant, spec)} network checks on this node, its limit{Whose(spec)}."),
        _ when open.Count(one => one.Tenant == spec.Tenant && one.Caller == spec.Caller) >= MaxOpenOfCaller =>
            Busy(HttpStatusCode.TooManyRequests, $"The caller has {MaxOpenOfCaller} network checks on this node, its limit."),
        _ => null,
    };

    private static int Limit(int ofAll, NetworkCheckSpec spec) => spec.IsMember ? ofAll : ofAll - Reserved;

    private static string Whose(NetworkCheckSpec spec) => spec.IsMember ? string.Empty : " for persons who are not in a meeting";

    private static ControlProblemException Busy(HttpStatusCode status, string detail) => new(status, "check-busy", detail);
}
