using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>The media nodes of a meeting on one line, for <c>kubectl get -o wide</c>. Pure.</summary>
internal static class NodeSummary
{
    private const int MaxLength = 2048;

    /// <summary>The name alone for one node; otherwise each with its role and, unless it is Ready, its state: <c>a-1 (Origin), a-2 (Edge, Preparing)</c>.</summary>
    public static string? Of(IReadOnlyList<MeetingAssignment> assignments) => assignments switch
    {
        [] => null,
        [var only] => only.SfuNode,
        _ when string.Join(", ", assignments.Select(Describe)) is { Length: <= MaxLength } all => all,
        _ => $"{assignments.Count} media nodes",
    };

    private static string Describe(MeetingAssignment assignment) =>
        assignment.State is null or AssignmentState.Ready ? $"{assignment.SfuNode} ({assignment.Role})" : $"{assignment.SfuNode} ({assignment.Role}, {assignment.State})";
}
