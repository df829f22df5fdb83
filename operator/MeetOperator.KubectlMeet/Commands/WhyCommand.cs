using MeetOperator.Kube.Core;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Placing;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Why a meeting is where it is.</summary>
internal sealed class WhyCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "why",
        Usage = "MEETING",
        Summary = "explain why a meeting is on its media node, and what every other one lacks",
        Description = "Shows the operator's last decision, from its event, and applies the operator's own rules to every other media node that the meeting may know of. What cannot be known from outside is listed at the end.",
        MinArguments = 1,
        MaxArguments = 1,
        Options = [GlobalOptions.Format],
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Meetings) : Completion.Nothing,
        Examples = ["kubectl meet why standup", "kubectl meet why meet-acme/standup -o yaml"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        using var cluster = ClusterReader.Open(line, readsAll: true);
        var inventory = await cluster.ReadAsync(ct).ConfigureAwait(false);
        var meeting = Lookup.Find(inventory.Meetings, cluster.Qualify(line.Arguments[0]), cluster.Namespace, inventory.NotReadable);
        var events = await cluster.ListAsync<Event>(ct, fieldSelector: $"involvedObject.name={meeting.Metadata.Name}").ConfigureAwait(false);
        var report = WhyRules.Explain(inventory, meeting, events.Items, events.NotReadable, context.Now);
        if (!Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), report))
        {
            Write(context, report);
        }

        return ExitCodes.Ok;
    }

    private static void Write(CommandContext context, WhyReport report)
    {
        var text = context.Text;
        text.Pairs(
            ("Meeting", $"{report.Meeting}{(report.Phase.Length == 0 ? string.Empty : $" ({report.Phase})")}"),
            ("On", report.Nodes.Count == 0 ? new Cell("no media node", Tone.Warning) : string.Join(", ", report.Nodes.Count == 1 ? report.Nodes : report.Nodes.Zip(report.Roles, (node, role) => $"{node} ({role})"))),
            ("Decision", report.Decision is null ? "the operator's event about it is gone or not readable" : $"{report.Decision} ({Durations.Age(report.DecidedAt, context.Now)} ago)"),
            ("Message", report.Message));
        text.Heading("The meeting needs");
        foreach (var requirement in report.Requirements)
        {
            text.Line($"- {requirement}");
        }

        text.Heading("Media nodes");
        if (report.Candidates.Count == 0)
        {
            text.Line("none that the meeting may use and that you may read");
        }
        else
        {
            text.Table(["NODE", "POOL", "TAKES IT", "WHAT IT LACKS"], [.. report.Candidates.Select(node => (Cell[])
            [
                node.Node,
                node.Pool,
                node.IsCurrent ? new Cell("has it", Tone.Good) : node.Lacks.Count == 0 ? "yes" : new Cell("no", Tone.Warning),
                string.Join("; ", node.Lacks),
            ])]);
        }

        text.Heading("Not known here");
        foreach (var unknown in report.NotKnown)
        {
            text.Line($"- {unknown}");
        }
    }
}
