using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.KubectlMeet.Reading;

/// <summary>The objects that the user may read, and what they may not.</summary>
internal sealed record Inventory
{
    public IReadOnlyList<Tenant> Tenants { get; init; } = [];
    public IReadOnlyList<SfuPool> Pools { get; init; } = [];
    public IReadOnlyList<SfuNode> Nodes { get; init; } = [];
    public IReadOnlyList<Meeting> Meetings { get; init; } = [];

    /// <summary>One sentence for each kind that could not be read, or not in all namespaces.</summary>
    public IReadOnlyList<string> NotReadable { get; init; } = [];

    /// <summary>False when tenants could not be read, so the limits of a meeting's tenant are not known.</summary>
    public bool HasTenants { get; init; } = true;

    /// <summary>False when pools could not be read, so labels, regions and limits of media nodes are not known.</summary>
    public bool HasPools { get; init; } = true;

    /// <summary>True when every namespace is included.</summary>
    public bool HasAllNamespaces { get; init; } = true;

    public Tenant? TenantOf(Meeting meeting) => Tenants.FirstOrDefault(tenant => tenant.Metadata.Name == meeting.Spec.TenantRef.Name);

    public SfuPool? PoolOf(SfuNode node) => Pools.FirstOrDefault(pool => pool.Metadata.NamespacedName == new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name));

    /// <summary>The meetings that are assigned to a node and have not ended.</summary>
    public IEnumerable<Meeting> MeetingsOn(SfuNode node) => Meetings.Where(meeting =>
        meeting.Status is { EndedAt: null } status && status.Assignments.Any(assignment => IsOn(assignment, node) && assignment.State != AssignmentState.Lost));

    public static bool IsOn(MeetingAssignment assignment, SfuNode node) => assignment.SfuNode == node.Metadata.Name && assignment.Namespace == node.Metadata.Namespace;
}
