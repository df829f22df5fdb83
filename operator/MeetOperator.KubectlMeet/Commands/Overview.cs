using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Findings;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>The report of <c>status</c> without arguments.</summary>
internal sealed record Overview
{
    public required bool Well { get; init; }
    public required int Tenants { get; init; }
    public required int ReadyTenants { get; init; }
    public required int Pools { get; init; }
    public required int ReadyPools { get; init; }
    public required int Nodes { get; init; }

    /// <summary>Media nodes that accept new meetings.</summary>
    public required int ReadyNodes { get; init; }

    /// <summary>Meetings that have not ended.</summary>
    public required int Meetings { get; init; }

    /// <summary>Of these, the ones that people can join.</summary>
    public required int ReadyMeetings { get; init; }
    public required int Participants { get; init; }
    public required IReadOnlyList<Finding> Findings { get; init; }
    public required IReadOnlyList<string> NotReadable { get; init; }

    public static Overview Of(Inventory inventory, DateTimeOffset now)
    {
        var findings = FindingRules.All(inventory, now);
        var open = inventory.Meetings.Where(meeting => meeting.Status?.EndedAt is null).ToArray();
        return new Overview
        {
            Well = FindingRules.IsWell(findings),
            Tenants = inventory.Tenants.Count,
            ReadyTenants = inventory.Tenants.Count(tenant => IsReady(tenant.Status?.Conditions)),
            Pools = inventory.Pools.Count,
            ReadyPools = inventory.Pools.Count(pool => IsReady(pool.Status?.Conditions)),
            Nodes = inventory.Nodes.Count,
            ReadyNodes = inventory.Nodes.Count(node => IsReady(node.Status?.Conditions)),
            Meetings = open.Length,
            ReadyMeetings = open.Count(meeting => IsReady(meeting.Status?.Conditions)),
            Participants = open.Sum(meeting => meeting.Status?.Participants ?? 0),
            Findings = findings,
            NotReadable = inventory.NotReadable,
        };
    }

    private static bool IsReady(IEnumerable<Condition>? conditions) => conditions?.Any(condition => condition is { Type: MeetConditions.Ready, Status: ConditionStatus.True }) == true;
}
