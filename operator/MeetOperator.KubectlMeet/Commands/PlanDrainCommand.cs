using System.Globalization;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Placing;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>What a drain would do, without doing it.</summary>
internal sealed class PlanDrainCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "plan drain",
        Usage = "NODE",
        Summary = "show what a drain would do: meetings, people, where each would go, and what would block",
        Description = "Changes nothing. The plan is made with the operator's own rules from what can be read now. The exit code is 3 if something would block the drain.",
        MinArguments = 1,
        MaxArguments = 1,
        Options = [DrainCommand.Deadline, GlobalOptions.Format],
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Nodes) : Completion.Nothing,
        Examples = ["kubectl meet plan drain default-7k2xq"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        var deadline = line.Seconds(DrainCommand.Deadline.Name, DrainCommand.MaxDeadline);
        using var cluster = ClusterReader.Open(line, readsAll: true);
        var inventory = await cluster.ReadAsync(ct).ConfigureAwait(false);
        var node = Lookup.Find(inventory.Nodes, cluster.Qualify(line.Arguments[0]), cluster.Namespace, inventory.NotReadable);
        var plan = DrainPlanner.Plan(inventory, node, deadline, context.Now);
        if (!Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), plan))
        {
            Write(context, plan);
        }

        return plan.Blockers.Count == 0 ? ExitCodes.Ok : ExitCodes.NotWell;
    }

    private static string Deadline(DrainPlan plan) =>
        plan.WaitsUntil is { } until ? string.Create(CultureInfo.InvariantCulture, $"meetings may continue until {until.UtcDateTime:HH:mm:ss} UTC, then they move")
        : plan.DeadlineSeconds == 0 ? "meetings move at once"
        : $"meetings may continue for {Durations.Of(TimeSpan.FromSeconds(plan.DeadlineSeconds))}, then they move";

    private static void Write(CommandContext context, DrainPlan plan)
    {
        var text = context.Text;
        text.Pairs([
            ("Media node", $"{plan.Node} of pool {plan.Pool}"),
            ("Meetings", plan.Moves.Count),
            ("People", plan.Participants),
            ("Deadline", Deadline(plan)),
            .. plan.MaxMoveSeconds is { } seconds
                ? [("Duration", $"all move at once, usually within {seconds}s: up to {DrainPlanner.LinkSeconds}s to link the next media node, and up to {DrainPlanner.PeopleSeconds}s for people to move")]
                : Array.Empty<(string, Cell)>(),
        ]);
        if (plan.Moves.Count > 0)
        {
            text.Line();
            text.Table(["MEETING", "PEOPLE", "GOES TO", "REASON"], [.. plan.Moves.Select(move => (Cell[])
                [move.Meeting, move.Participants, move.To is null ? new Cell("nowhere", Tone.Bad) : move.To, move.Reason])]);
        }

        text.Heading("What would block");
        if (plan.Blockers.Count == 0)
        {
            text.Line(new Cell("nothing that can be seen", Tone.Good));
        }

        Items(plan.Blockers);
        text.Heading("Not known here");
        Items(plan.NotKnown);

        void Items(IReadOnlyList<string> items)
        {
            foreach (var item in items)
            {
                text.Line($"- {item}");
            }
        }
    }
}
