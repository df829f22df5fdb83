using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Findings;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Writes the state of one object. As JSON or YAML, it is the object itself.</summary>
internal static class ObjectStatus
{
    public static int Write(CommandContext context, CommandLine line, Inventory inventory, Meeting meeting)
    {
        var findings = FindingRules.Of(meeting, context.Now).ToArray();
        if (!TryWrite(context, line, meeting))
        {
            var status = meeting.Status ?? new MeetingStatus();
            context.Text.Pairs(
                ("Meeting", meeting.Metadata.NamespacedName.ToString()),
                ("Phase", Tones.Of(status.Phase)),
                ("People", $"{status.Participants} of at most {MeetingLimits.Participants(meeting, inventory.TenantOf(meeting))} (peak {status.PeakParticipants})"),
                ("Tenant", meeting.Spec.TenantRef.Name),
                ("Region", status.Region),
                ("Media", $"{status.Topology}"),
                ("Age", Durations.Age(meeting.Metadata.CreationTimestamp, context.Now)),
                ("Move", status.Move is { } move ? $"to {(move.Namespace is null ? string.Empty : $"{move.Namespace}/")}{move.SfuNode}: {move.State} ({move.Message})" : null),
                ("Message", status.Message));
            WriteTable(context, "Media nodes", ["NODE", "ROLE", "STATE", "REGION", "PEOPLE", "GENERATION"], status.Assignments.Select(node =>
                (Cell[])[$"{node.Namespace}/{node.SfuNode}", $"{node.Role}", $"{node.State}", node.Region, node.Participants, $"{node.Generation}"]));
            WriteTable(context, "Rejected at the last placement", ["NODE OR POOL", "REASON"], status.Rejections.Select(rejection => (Cell[])[rejection.Candidate, rejection.Reason]));
            WriteConditions(context, status.Conditions);
        }

        return Finish(context, inventory, findings);
    }

    public static int Write(CommandContext context, CommandLine line, Inventory inventory, SfuNode node)
    {
        var pool = inventory.PoolOf(node);
        var findings = FindingRules.Of(node, pool, context.Now).ToArray();
        if (!TryWrite(context, line, node))
        {
            var status = node.Status ?? new SfuNodeStatus();
            var capacity = pool?.Spec.Capacity ?? new SfuCapacity();
            context.Text.Pairs(
                ("Media node", node.Metadata.NamespacedName.ToString()),
                ("State", Tones.Of(status.State)),
                ("Pool", node.Spec.PoolRef.Name),
                ("Meetings", $"{status.Meetings} of at most {capacity.MaxMeetings}"),
                ("People", $"{status.Participants} of at most {capacity.MaxParticipants}"),
                ("Stress", Tones.OfPercent(status.StressPct, (int)(capacity.StressThreshold * 100))),
                ("Sent", $"{status.EgressMbps} Mbit/s"),
                ("Addresses", string.Join(", ", status.Addresses)),
                ("Cluster node", status.NodeName),
                ("Version", status.Version),
                ("Last report", Durations.Age(status.LastSeen, context.Now) is { Length: > 0 } age ? $"{age} ago, as of the last write of the status" : null),
                ("Draining since", Durations.Age(status.DrainRequestedAt, context.Now)),
                ("Message", status.Message));
            WriteTable(context, "Meetings", ["MEETING", "PHASE", "PEOPLE"], inventory.MeetingsOn(node).Select(meeting =>
                (Cell[])[meeting.Metadata.NamespacedName.ToString(), Tones.Of(meeting.Status?.Phase), meeting.Status?.Participants ?? 0]));
            WriteConditions(context, status.Conditions);
        }

        return Finish(context, inventory, findings);
    }

    public static int Write(CommandContext context, CommandLine line, Inventory inventory, SfuPool pool)
    {
        var nodes = inventory.Nodes.Where(node => inventory.PoolOf(node) == pool).ToArray();
        var findings = FindingRules.Of(pool, context.Now).Concat(nodes.SelectMany(node => FindingRules.Of(node, pool, context.Now))).ToArray();
        if (!TryWrite(context, line, pool))
        {
            var status = pool.Status ?? new SfuPoolStatus();
            context.Text.Pairs(
                ("Pool", pool.Metadata.NamespacedName.ToString()),
                ("Region", pool.Spec.Region),
                ("Media nodes", $"{status.ReadyReplicas} of {pool.Spec.Replicas} accept new meetings, {status.DrainingReplicas} draining"),
                ("Meetings", status.Meetings),
                ("People", $"{status.Participants}, {status.FreeParticipants} more fit"),
                ("Stress", Tones.OfPercent(status.StressPct, (int)(pool.Spec.Capacity.StressThreshold * 100))),
                ("Message", status.Message));
            WriteTable(context, "Media nodes", ["NODE", "STATE", "MEETINGS", "PEOPLE", "STRESS", "MESSAGE"], nodes.Select(node =>
                (Cell[])[node.Metadata.Name, Tones.Of(node.Status?.State), node.Status?.Meetings ?? 0, node.Status?.Participants ?? 0, $"{node.Status?.StressPct ?? 0} %", node.Status?.Message]));
            WriteConditions(context, status.Conditions);
        }

        return Finish(context, inventory, findings);
    }

    private static bool TryWrite<T>(CommandContext context, CommandLine line, T item)
        where T : KubernetesObject
    {
        item.Metadata.ManagedFields = null;
        return Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), item);
    }

    private static int Finish(CommandContext context, Inventory inventory, Finding[] findings)
    {
        context.Note(inventory.NotReadable);
        return FindingRules.IsWell(findings) ? ExitCodes.Ok : ExitCodes.NotWell;
    }

    private static void WriteConditions(CommandContext context, IEnumerable<Condition> conditions) => WriteTable(context, "Conditions", ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"], conditions.Select(condition =>
        (Cell[])[condition.Type, Tones.Of(condition), condition.Reason, Durations.Age(condition.LastTransitionTime, context.Now), condition.Message]));

    private static void WriteTable(CommandContext context, string heading, string[] headers, IEnumerable<Cell[]> rows)
    {
        if (rows.ToArray() is { Length: > 0 } shown)
        {
            context.Text.Heading(heading);
            context.Text.Table(headers, shown);
        }
    }
}
