using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Asks the operator to move a meeting to a certain media node, and can wait until everybody is there.</summary>
internal sealed class MoveCommand : ICommand
{
    private const int MaxWait = 86_400;
    private static readonly OptionSpec To = new("to", "NODE", "the media node to move to; NAME or NAMESPACE/NAME") { Names = NameKind.Nodes };
    private static readonly OptionSpec Wait = new("wait", null, "wait until everybody is on the media node, and show the progress");
    private static readonly OptionSpec Timeout = new("timeout", "TIME", "with --wait, how long to wait; by default 5m");
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    public CommandSpec Spec { get; } = new()
    {
        Name = "move",
        Usage = "MEETING",
        Summary = "move a meeting to another media node while people talk",
        Description = "Sets spec.placement.moveTo of the Meeting. The operator prepares the media node, links it with the present one, and moves the people without a pause. It refuses a media node that it would not choose itself, for example because it is full, draining or in another region; 'why' shows that beforehand. The request is handled once. With --wait, the exit code is 3 if the meeting was not moved.",
        MinArguments = 1,
        MaxArguments = 1,
        Options = [To, Wait, Timeout, GlobalOptions.Format],
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Meetings) : Completion.Nothing,
        Examples = ["kubectl meet move standup --to default-7k2xq", "kubectl meet move meet-acme/standup --to meet-pools/shared-bbbbb --wait --timeout 2m"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        if (line.Value(To.Name) is not { Length: > 0 } to)
        {
            throw new UsageException("move needs the media node to move to: kubectl meet move MEETING --to NODE");
        }

        var timeout = line.Seconds(Timeout.Name, MaxWait) is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultTimeout;
        if (line.Has(Timeout.Name) && !line.Has(Wait.Name))
        {
            throw new UsageException("--timeout needs --wait");
        }

        using var cluster = ClusterReader.Open(line, readsAll: true);
        var meeting = (await cluster.FindAsync<Meeting>(line.Arguments[0], ct).ConfigureAwait(false)).Item;
        if (meeting.Status?.EndedAt is not null)
        {
            throw new MissingObjectException($"{meeting.Metadata.NamespacedName} has ended");
        }

        var target = await FindTargetAsync(cluster, to, ct).ConfigureAwait(false);
        var wanted = new JsonObject
        {
            ["sfuNode"] = target.Name,
            ["namespace"] = target.Namespace,
            ["requestedAt"] = context.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = meeting.Metadata.Uid }, ["spec"] = new JsonObject { ["placement"] = new JsonObject { ["moveTo"] = wanted } } };
        var changed = await cluster.Client.MergePatchAsync<Meeting>(meeting.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
        var started = context.Time.GetTimestamp();
        var progress = new Progress(context, line.Value(GlobalOptions.Output), started);
        return line.Has(Wait.Name)
            ? await WaitAsync(context, cluster, changed, timeout, progress, ct).ConfigureAwait(false)
            : progress.End(MoveReport.Of(changed, changed.Spec.Placement.MoveTo!));
    }

    /// <summary>Finds the media node with a name. Without the right to list all media nodes, the name is not checked here: the operator refuses a node that the meeting may not use.</summary>
    private static async Task<(string? Namespace, string Name)> FindTargetAsync(ClusterReader cluster, string to, CancellationToken ct)
    {
        var nodes = await cluster.ListAsync<SfuNode>(ct).ConfigureAwait(false);
        if (nodes.IsComplete)
        {
            var found = Lookup.Find(nodes.Items, to, cluster.Namespace, nodes.NotReadable);
            return (found.Metadata.Namespace, found.Metadata.Name!);
        }

        return to.Split('/') switch
        {
            [var name] => (null, name),
            [var space, var name] => (space, name),
            _ => throw new UsageException($"--to is '{to}'; it must be NAME or NAMESPACE/NAME"),
        };
    }

    private static async Task<int> WaitAsync(CommandContext context, ClusterReader cluster, Meeting changed, TimeSpan timeout, Progress progress, CancellationToken ct)
    {
        var (key, wanted) = (changed.Metadata.NamespacedName, changed.Spec.Placement.MoveTo!);
        var started = context.Time.GetTimestamp();
        while (true)
        {
            var meeting = await cluster.Client.TryGetAsync<Meeting>(key, ct).ConfigureAwait(false);
            if (meeting is null || meeting.Metadata.Uid != changed.Metadata.Uid)
            {
                context.Error.Write($"{key} was deleted.\n");
                return ExitCodes.Error;
            }

            var report = MoveReport.Of(meeting, wanted);
            if (report.IsFinal)
            {
                return progress.End(report);
            }

            progress.Show(report);
            if (context.Time.GetElapsedTime(started) >= timeout)
            {
                progress.End(report);
                context.Error.Write($"{key} is not moved after {Durations.Of(timeout)}; the move goes on. 'kubectl meet status meeting {key}' shows it.\n");
                return ExitCodes.Error;
            }

            await Task.Delay(PollInterval, context.Time, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Shows the progress as text while it changes, or the last report as a document.</summary>
    private sealed class Progress(CommandContext context, string? format, long started)
    {
        private string? _shown;

        public void Show(MoveReport report)
        {
            if (format is null && report.Message != _shown)
            {
                context.Text.Line($"{Durations.Of(context.Time.GetElapsedTime(started))}: {_shown = report.Message}");
            }
        }

        public int End(MoveReport report)
        {
            if (!Document.TryWrite(context.Out, format, report))
            {
                context.Text.Line(new Cell($"{report.Meeting}: {report.Message}", report.State == MoveReport.Requested ? Tone.Plain : report.HasMoved ? Tone.Good : report.IsFinal ? Tone.Bad : Tone.Plain));
            }

            return report.IsFinal && !report.HasMoved ? ExitCodes.NotWell : ExitCodes.Ok;
        }
    }
}
