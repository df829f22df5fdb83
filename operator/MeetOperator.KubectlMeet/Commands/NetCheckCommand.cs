using System.Globalization;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Inside;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Whether the ports that clients use answer from here.</summary>
internal sealed class NetCheckCommand : ICommand
{
    public CommandSpec Spec { get; } = new()
    {
        Name = "net check",
        Usage = "[POOL]",
        Summary = "test from this machine or a Pod whether the ports of media nodes and relays answer",
        Description = "Sends a STUN request to every address and port that clients use, over UDP, TCP and TLS, and shows what the operator measured inside the cluster beside it. It tests the network of the machine where it runs, so run it where people cannot connect. " + InsideOptions.Description + " The exit code is 3 if a port does not answer.",
        MaxArguments = 1,
        Options = [InsideOptions.Inside, InsideOptions.Installation, GlobalOptions.Format],
        Complete = static given => given.Count == 0 ? Completion.Of(NameKind.Pools) : Completion.Nothing,
        Examples = ["kubectl meet net check", "kubectl meet net check meet-media/default -o json", "kubectl meet net check --inside"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        if (line.Has(InsideOptions.Installation.Name) && !line.Has(InsideOptions.Inside.Name))
        {
            throw new UsageException("--installation needs --inside");
        }

        using var cluster = ClusterReader.Open(line, readsAll: line.Arguments.Count > 0);
        var (pools, nodes, relays) = (cluster.ListAsync<SfuPool>(ct), cluster.ListAsync<SfuNode>(ct), cluster.ListAsync<TurnPool>(ct));
        await Task.WhenAll(pools, nodes, relays).ConfigureAwait(false);
        var (sfu, node, turn) = (await pools.ConfigureAwait(false), await nodes.ConfigureAwait(false), await relays.ConfigureAwait(false));
        string[] notReadable = [.. sfu.NotReadable, .. node.NotReadable, .. turn.NotReadable];
        NetTarget[] targets = [.. node.Items.SelectMany(item => NetTargets.Of(item, PoolOf(sfu.Items, item))), .. turn.Items.SelectMany(NetTargets.Of)];
        var inside = Inside([.. sfu.Items.Select(pool => (Key(pool), pool.Status?.Conditions)), .. turn.Items.Select(pool => (Key(pool), pool.Status?.Conditions))]);
        string[] empty = [.. sfu.Items.Where(pool => pool.Spec.Replicas > 0).Select(Key).Concat(turn.Items.Where(pool => pool.Status?.DesiredReplicas > 0).Select(Key)).Distinct(StringComparer.Ordinal).Where(pool => targets.All(target => target.Pool != pool))];
        if (line.Arguments is [var name])
        {
            var wanted = Find(cluster.Qualify(name), [.. sfu.Items.Select(Key), .. turn.Items.Select(Key)], notReadable);
            (targets, inside, empty) = ([.. targets.Where(target => wanted.Contains(target.Pool))], [.. inside.Where(pool => wanted.Contains(pool.Pool))], [.. empty.Where(wanted.Contains)]);
        }

        var isInside = line.Has(InsideOptions.Inside.Name) && targets.Length > 0;
        var (found, place) = isInside
            ? await CheckInsideAsync(context, line, cluster, targets, ct).ConfigureAwait(false)
            : (await NetChecker.RunAsync(targets, context.Time, ct).ConfigureAwait(false), Environment.MachineName);
        var report = new NetReport(place, found.SeenAs, found.Checks, inside, empty, empty.Length == 0 && NetRules.IsOk(found.Checks));
        if (!Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), report))
        {
            Write(context.Text, report, isInside ? place : $"this machine ({place})");
        }

        context.Note(notReadable);
        return report.Ok ? ExitCodes.Ok : ExitCodes.NotWell;
    }

    private static SfuPool? PoolOf(IEnumerable<SfuPool> pools, SfuNode node) => pools.FirstOrDefault(pool => pool.Metadata.NamespacedName == new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name));

    private static string Key(KubernetesObject item) => item.Metadata.NamespacedName.ToString();

    /// <summary>The pools with a name, which may be one of media nodes and one of relays.</summary>
    private static HashSet<string> Find(string name, IReadOnlyList<string> pools, IReadOnlyList<string> notReadable)
    {
        var found = pools.Where(pool => pool == name || pool[(pool.IndexOf('/', StringComparison.Ordinal) + 1)..] == name).ToHashSet(StringComparer.Ordinal);
        return found.Count > 0 ? found : throw new MissingObjectException(
            $"no SfuPool or TurnPool is named '{name}'.{Similar.Suggest(name, pools)}{string.Concat(notReadable.Select(text => $" Note: {text}."))}");
    }

    private static InsideCheck[] Inside(IEnumerable<(string Key, IReadOnlyList<Condition>? Conditions)> pools) =>
    [
        .. pools.Select(pool => (pool.Key, Condition: pool.Conditions?.FirstOrDefault(condition => condition.Type == MeetConditions.ExposureReady)))
            .Where(pool => pool.Condition is not null)
            .Select(pool => new InsideCheck(pool.Key, $"{pool.Condition!.Status}", pool.Condition.Reason, pool.Condition.Message)),
    ];

    private static async Task<(NetFindings Found, string Place)> CheckInsideAsync(CommandContext context, CommandLine line, ClusterReader cluster, NetTarget[] targets, CancellationToken ct)
    {
        var (result, place) = await InsideOptions.RunAsync(context, line, cluster, new InsideWork { Ports = targets }, ct).ConfigureAwait(false);
        return (result.Ports ?? new NetFindings([], []), place);
    }

    private static void Write(TextOutput text, NetReport report, string place)
    {
        text.Pairs(("Measured from", place), ("Seen as", string.Join(", ", report.SeenAs)));
        text.Line();
        if (report.Checks.Count == 0)
        {
            text.Line(new Cell("There is no media node or relay with an address that you may read.", Tone.Bad));
        }
        else
        {
            text.Table(["POOL", "OF", "ADDRESS", "PROTOCOL", "RESULT", "MS", "WHAT TO DO"], [.. report.Checks.Select(check => (Cell[])
                [check.Pool, check.Member, check.Address, check.Protocol, Result(check.Result), check.Milliseconds?.ToString("0.0", CultureInfo.InvariantCulture), check.Fix])]);
        }

        foreach (var pool in report.NothingToCheck)
        {
            text.Line(new Cell($"{pool}: nothing in it serves; see its status.message", Tone.Bad));
        }

        if (report.FromInside.Count > 0)
        {
            text.Heading("From inside the cluster (the operator)");
            foreach (var pool in report.FromInside)
            {
                text.Line(new Cell($"{pool.Pool}: {pool.Reason}", pool.Status switch { "True" => Tone.Good, "False" => Tone.Bad, _ => Tone.Warning }));
                text.Line($"  {pool.Message}");
            }
        }
    }

    private static Cell Result(NetOutcome outcome) => outcome switch
    {
        NetOutcome.Answered => new Cell("answers", Tone.Good),
        NetOutcome.NoAnswer => new Cell("no answer", Tone.Bad),
        NetOutcome.Refused => new Cell("refused", Tone.Bad),
        NetOutcome.TlsFailed => new Cell("TLS fails", Tone.Bad),
        NetOutcome.NoRoute => new Cell("no route", Tone.Warning),
        _ => new Cell("not known", Tone.Warning),
    };
}
