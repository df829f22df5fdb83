using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Drains a media node, and can wait until it is gone.</summary>
internal sealed class DrainCommand : ICommand
{
    public const int MaxDeadline = 86_400;
    private const int MaxReason = 256;
    private const int MaxWait = 7 * 86_400;

    public static readonly OptionSpec Deadline = new("deadline", "TIME", "how long meetings may continue before they move, such as 90s, 10m or 1h; by default, as the pool says");
    private static readonly OptionSpec Reason = new("reason", "TEXT", "why the node is drained; at most 256 characters");
    private static readonly OptionSpec Force = new("force", null, "after the deadline (0 if none is given), end meetings that no other node can take, which disconnects their people");
    private static readonly OptionSpec Wait = new("wait", null, "wait until the node is empty and gone, and show the progress");
    private static readonly OptionSpec Timeout = new("timeout", "TIME", "with --wait, how long to wait; by default, without limit");
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    public CommandSpec Spec { get; } = new()
    {
        Name = "drain",
        Usage = "NODE",
        Summary = "empty a media node; its meetings move to others, then it is removed",
        Description = "Sets spec.drain of the SfuNode. The node takes no new meetings; its meetings move after the deadline, and the node is removed once it is empty. Meetings that no other node can take stay, unless --force is given. 'plan drain' shows beforehand what will happen, and 'undrain' cancels.",
        MinArguments = 1,
        MaxArguments = 1,
        Options = [Reason, Deadline, Force, Wait, Timeout],
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Nodes) : Completion.Nothing,
        Examples = ["kubectl meet drain default-7k2xq --reason 'new kernel'", "kubectl meet drain default-7k2xq --deadline 0 --wait"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        var deadline = line.Seconds(Deadline.Name, MaxDeadline);
        var timeout = line.Seconds(Timeout.Name, MaxWait);
        var reason = line.Value(Reason.Name);
        if (reason?.Length is 0 or > MaxReason)
        {
            throw new UsageException($"--reason has {reason!.Length} characters; it must have 1 to {MaxReason}");
        }

        if (timeout is not null && !line.Has(Wait.Name))
        {
            throw new UsageException("--timeout needs --wait");
        }

        using var cluster = ClusterReader.Open(line, readsAll: true);
        var nodes = await cluster.ListAsync<SfuNode>(ct).ConfigureAwait(false);
        var key = Lookup.Find(nodes.Items, cluster.Qualify(line.Arguments[0]), cluster.Namespace, nodes.NotReadable).Metadata.NamespacedName;
        var drain = new JsonObject { ["reason"] = reason, ["deadlineSeconds"] = deadline, ["force"] = line.Has(Force.Name) };
        var node = await cluster.Client.MergePatchAsync<SfuNode>(key, new JsonObject { ["spec"] = new JsonObject { ["drain"] = drain } }, ct).ConfigureAwait(false);
        context.Text.Line($"{key} is draining: {Counts.Meetings(node.Status?.Meetings ?? 0)} with {Counts.People(node.Status?.Participants ?? 0)} on it");
        return line.Has(Wait.Name) ? await WaitAsync(context, cluster, key, node.Metadata.Uid, timeout, ct).ConfigureAwait(false) : ExitCodes.Ok;
    }

    private static async Task<int> WaitAsync(CommandContext context, ClusterReader cluster, NamespacedName key, string? uid, int? timeout, CancellationToken ct)
    {
        var started = context.Time.GetTimestamp();
        string? shown = null;
        while (true)
        {
            var node = await cluster.Client.TryGetAsync<SfuNode>(key, ct).ConfigureAwait(false);
            if (node is null || node.Metadata.Uid != uid)
            {
                context.Text.Line(new Cell($"{key} is empty and gone", Tone.Good));
                return ExitCodes.Ok;
            }

            if (node.Spec.Drain is null && node.Metadata.DeletionTimestamp is null)
            {
                context.Error.Write($"The drain of {key} was canceled by somebody.\n");
                return ExitCodes.Error;
            }

            if (Progress(node) is var progress && progress != shown)
            {
                context.Text.Line($"{Durations.Of(context.Time.GetElapsedTime(started))}: {shown = progress}");
            }

            if (timeout is { } limit && context.Time.GetElapsedTime(started).TotalSeconds >= limit)
            {
                context.Error.Write($"{key} is still draining after {limit} s; the drain goes on. 'kubectl meet status node {key}' shows it.\n");
                return ExitCodes.Error;
            }

            await Task.Delay(PollInterval, context.Time, ct).ConfigureAwait(false);
        }
    }

    private static string Progress(SfuNode node)
    {
        var blocked = node.Status?.Conditions.FirstOrDefault(condition => condition is { Type: MeetConditions.DrainBlocked, Status: ConditionStatus.True });
        return $"{Counts.Meetings(node.Status?.Meetings ?? 0)} with {Counts.People(node.Status?.Participants ?? 0)} remain{(blocked is null ? string.Empty : $"; blocked: {blocked.Message}")}";
    }
}
