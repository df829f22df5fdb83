using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Findings;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Whether everything is well, and what is not; or the state of one object.</summary>
internal sealed class StatusCommand : ICommand
{
    private static readonly string[] Kinds = ["meeting", "node", "pool"];

    public CommandSpec Spec { get; } = new()
    {
        Name = "status",
        Usage = "[meeting|node|pool NAME]",
        Summary = "show whether everything is well, and what is not",
        Description = "Without arguments, shows an overview with every problem and what to do about it. With a kind and a name, shows one object. The exit code is 3 if there is a problem.",
        MaxArguments = 2,
        Options = [GlobalOptions.Format],
        Complete = static given => given switch
        {
            [] => Completion.Of(Kinds),
            ["meeting"] => Completion.Of(NameKind.Meetings),
            ["node"] => Completion.Of(NameKind.Nodes),
            ["pool"] => Completion.Of(NameKind.Pools),
            _ => Completion.Nothing,
        },
        Examples = ["kubectl meet status", "kubectl meet status -n meet-acme meeting standup", "kubectl meet status -o json"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        if (line.Arguments is [var kind, ..] && !Kinds.Contains(kind, StringComparer.Ordinal))
        {
            throw new UsageException($"status knows no kind '{kind}'; write meeting, node or pool, then a name");
        }

        if (line.Arguments is [var single])
        {
            throw new UsageException($"status {single} needs a name: kubectl meet status {single} NAME");
        }

        using var cluster = ClusterReader.Open(line, readsAll: line.Arguments.Count > 0);
        if (line.Arguments is ["meeting", var meeting])
        {
            return await WriteMeetingAsync(context, line, cluster, meeting, ct).ConfigureAwait(false);
        }

        var inventory = await cluster.ReadAsync(ct).ConfigureAwait(false);
        return line.Arguments switch
        {
            ["node", var name] => ObjectStatus.Write(context, line, inventory, Lookup.Find(inventory.Nodes, cluster.Qualify(name), cluster.Namespace, inventory.NotReadable)),
            ["pool", var name] => ObjectStatus.Write(context, line, inventory, Lookup.Find(inventory.Pools, cluster.Qualify(name), cluster.Namespace, inventory.NotReadable)),
            _ => Write(context, line, Overview.Of(inventory, context.Now)),
        };
    }

    /// <summary>Reads only the meeting and the tenants, which takes half the time of reading everything.</summary>
    private static async Task<int> WriteMeetingAsync(CommandContext context, CommandLine line, ClusterReader cluster, string name, CancellationToken ct)
    {
        var tenants = cluster.ListAsync<Tenant>(ct);
        var (meeting, notReadable) = await cluster.FindAsync<Meeting>(name, ct).ConfigureAwait(false);
        var tenant = await tenants.ConfigureAwait(false);
        return ObjectStatus.Write(context, line, new Inventory { Tenants = tenant.Items, Meetings = [meeting], NotReadable = [.. tenant.NotReadable, .. notReadable] }, meeting);
    }

    private static int Write(CommandContext context, CommandLine line, Overview overview)
    {
        if (!Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), overview))
        {
            var problems = overview.Findings.Count(finding => finding.Severity == Severity.Problem);
            context.Text.Line(overview.Well ? new Cell("MeetOperator is well.", Tone.Good) : new Cell($"MeetOperator is not well: {problems} {(problems == 1 ? "problem" : "problems")}.", Tone.Bad));
            context.Text.Line();
            context.Text.Pairs(
                ("Tenants", $"{overview.ReadyTenants} of {overview.Tenants} ready"),
                ("Pools", $"{overview.ReadyPools} of {overview.Pools} ready"),
                ("Media nodes", $"{overview.ReadyNodes} of {overview.Nodes} accept new meetings"),
                ("Meetings", $"{overview.ReadyMeetings} of {overview.Meetings} can be joined"),
                ("People", overview.Participants));
            WriteFindings(context.Text, overview.Findings);
        }

        context.Note(overview.NotReadable);
        return overview.Well ? ExitCodes.Ok : ExitCodes.NotWell;
    }

    private static void WriteFindings(TextOutput text, IReadOnlyList<Finding> findings)
    {
        foreach (var group in findings.GroupBy(finding => finding.Severity))
        {
            text.Heading(group.Key == Severity.Problem ? "Problems" : "Notices");
            foreach (var finding in group)
            {
                text.Line(new Cell($"{finding.Kind} {finding.Name}", group.Key == Severity.Problem ? Tone.Bad : Tone.Warning));
                text.Line($"  {finding.Message}");
            }
        }
    }
}
