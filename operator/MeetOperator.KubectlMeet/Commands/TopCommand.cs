using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>The media nodes or meetings with the highest load first.</summary>
internal sealed class TopCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "top",
        Usage = "[nodes|meetings]",
        Summary = "list media nodes by load, or meetings by people",
        Description = "Figures are up to 5 s old. Stress is the utilization of the busiest media loop.",
        MaxArguments = 1,
        Options = [GlobalOptions.Format],
        Complete = static given => given.Count == 0 ? Completion.Of("nodes", "meetings") : Completion.Nothing,
        Examples = ["kubectl meet top", "kubectl meet top meetings -n meet-acme"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        var what = line.Arguments is [var word] ? word : "nodes";
        if (what is not ("nodes" or "meetings"))
        {
            throw new UsageException($"top lists nodes or meetings, not '{what}'");
        }

        using var cluster = ClusterReader.Open(line);
        var inventory = await cluster.ReadAsync(ct).ConfigureAwait(false);
        var format = line.Value(GlobalOptions.Output);
        if (what == "nodes")
        {
            var rows = Nodes(inventory);
            if (!Document.TryWrite(context.Out, format, rows))
            {
                Write(context, "media nodes", ["NODE", "POOL", "STATE", "MEETINGS", "PEOPLE", "STRESS", "MBIT/S", "VERSION"], rows.Select(row => (Cell[])
                    [row.Node, row.Pool, row.State, row.Meetings, row.Participants, Tones.OfPercent(row.StressPct, row.StressLimitPct), row.EgressMbps, row.Version]));
            }
        }
        else
        {
            var rows = Meetings(inventory);
            if (!Document.TryWrite(context.Out, format, rows))
            {
                Write(context, "open meetings", ["MEETING", "PHASE", "PEOPLE", "PEAK", "NODES"], rows.Select(row => (Cell[])[row.Meeting, row.Phase, row.Participants, row.PeakParticipants, string.Join(",", row.Nodes)]));
            }
        }

        context.Note(inventory.NotReadable);
        return ExitCodes.Ok;
    }

    private static NodeLoad[] Nodes(Inventory inventory) =>
    [
        .. inventory.Nodes.Select(node => new NodeLoad(
                node.Metadata.NamespacedName.ToString(),
                node.Spec.PoolRef.Name,
                $"{node.Status?.State}",
                node.Status?.Meetings ?? 0,
                node.Status?.Participants ?? 0,
                node.Status?.StressPct ?? 0,
                (int)Math.Round((inventory.PoolOf(node)?.Spec.Capacity.StressThreshold ?? 0.8) * 100),
                node.Status?.EgressMbps ?? 0,
                node.Status?.Version))
            .OrderByDescending(row => row.StressPct).ThenByDescending(row => row.Participants).ThenBy(row => row.Node, StringComparer.Ordinal),
    ];

    private static MeetingLoad[] Meetings(Inventory inventory) =>
    [
        .. inventory.Meetings.Where(meeting => meeting.Status?.EndedAt is null).Select(meeting => new MeetingLoad(
                meeting.Metadata.NamespacedName.ToString(),
                $"{meeting.Status?.Phase}",
                meeting.Status?.Participants ?? 0,
                meeting.Status?.PeakParticipants ?? 0,
                [.. meeting.Status?.Assignments.Select(node => node.SfuNode) ?? []]))
            .OrderByDescending(row => row.Participants).ThenBy(row => row.Meeting, StringComparer.Ordinal),
    ];

    private static void Write(CommandContext context, string what, string[] headers, IEnumerable<Cell[]> rows)
    {
        if (rows.ToArray() is { Length: > 0 } shown)
        {
            context.Text.Table(headers, shown);
        }
        else
        {
            context.Text.Line($"There are no {what}.");
        }
    }

    private sealed record NodeLoad(string Node, string Pool, string State, int Meetings, int Participants, int StressPct, int StressLimitPct, int EgressMbps, string? Version);

    private sealed record MeetingLoad(string Meeting, string Phase, int Participants, int PeakParticipants, IReadOnlyList<string> Nodes);
}
