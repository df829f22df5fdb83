using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.KubectlMeet.Reading;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Whether relays work from here, with an allocation and a packet to a media node.</summary>
internal sealed class TurnCheckCommand : ICommand
{
    private const string DefaultInstallation = "meet-system";

    /// <summary>Media nodes that are tried, because not every pool of relays forwards to every media node.</summary>
    private const int MaxPeers = 8;
    private static readonly OptionSpec Installation = new("installation", "NAMESPACE", $"namespace of the operator, with the Secret {TurnRecord.SecretName}; by default {DefaultInstallation}");

    public CommandSpec Spec { get; } = new()
    {
        Name = "turn check",
        Usage = "[POOL]",
        Summary = "test from this machine whether relays (TURN) relay to media nodes",
        Description = "For every URL that participants get: opens a connection, with TLS checks the certificate, makes an allocation, sends a packet to a media node through the relay, and ends the allocation. Names the step that fails and what to do. The credential ends after two minutes and is made from the Secret of the installation, so you need the right to get it; without it, the check ends before the allocation, with the exit code 1. The exit code is 3 if a relay does not work.",
        MaxArguments = 1,
        Options = [Installation, GlobalOptions.Format],
        Examples = ["kubectl meet turn check", "kubectl meet turn check meet-system/relays -o json"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        using var cluster = ClusterReader.Open(line, readsAll: line.Arguments.Count > 0);
        var (relays, nodes, pools) = (cluster.ListAsync<TurnPool>(ct), cluster.ListAsync<SfuNode>(ct), cluster.ListAsync<SfuPool>(ct));
        await Task.WhenAll(relays, nodes, pools).ConfigureAwait(false);
        var (found, node, sfu) = (await relays.ConfigureAwait(false), await nodes.ConfigureAwait(false), await pools.ConfigureAwait(false));
        string[] notReadable = [.. found.NotReadable, .. node.NotReadable];
        IReadOnlyList<TurnPool> wanted = line.Arguments is [var name] ? [Lookup.Find(found.Items, cluster.Qualify(name), cluster.Namespace, notReadable)] : found.Items;
        var secrets = wanted.Count == 0 ? new RelaySecrets(null, null) : await RelaySecrets.ReadAsync(cluster.Client, line.Value(Installation.Name) ?? DefaultInstallation, ct).ConfigureAwait(false);
        var checks = (await Task.WhenAll(wanted.Select(pool => CheckAsync(pool, secrets, PeersOf(pool, node.Items, sfu.Items), context.Time, ct))).ConfigureAwait(false)).SelectMany(each => each).ToArray();
        if (!Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), checks))
        {
            Write(context, checks, wanted.Count);
        }

        context.Note(notReadable);
        return checks.Any(check => check is { Ok: false, Step: not TurnStep.Credential }) || checks.Length == 0 ? ExitCodes.NotWell
            : checks.All(check => check.Ok) ? ExitCodes.Ok
            : ExitCodes.Error;
    }

    private static async Task<IReadOnlyList<TurnCheck>> CheckAsync(TurnPool pool, RelaySecrets secrets, IReadOnlyList<TurnPeerNode> peers, TimeProvider time, CancellationToken ct)
    {
        var (secret, problem) = secrets.Of(pool);
        var credential = secret is null ? null : RelayCredential.Issue(secret, RandomNumberGenerator.GetHexString(8, lowercase: true), time.GetUtcNow());
        var checker = new TurnChecker(pool.Metadata.NamespacedName.ToString(), credential, problem, peers, time);
        var checks = new List<TurnCheck>();
        if (pool.Status?.Endpoints is not { Count: > 0 } && pool.Status?.DesiredReplicas != 0)
        {
            checks.Add(new TurnCheck
            {
                Pool = pool.Metadata.NamespacedName.ToString(), Url = "(none)", Step = TurnStep.Endpoints, Message = "no relay takes participants", Fix = "see status.message of the TurnPool",
            });
        }

        foreach (var url in pool.Status?.Endpoints ?? [])
        {
            checks.AddRange(await checker.RunAsync(url, ct).ConfigureAwait(false)); // One after another: the relay counts all of them as one participant.
        }

        return checks;
    }

    /// <summary>Media nodes that take meetings, those of the pool's namespace first, with one address each, all of one family: IPv4, which relays allocate by default, if one has such an address.</summary>
    private static IReadOnlyList<TurnPeerNode> PeersOf(TurnPool pool, IReadOnlyList<SfuNode> nodes, IReadOnlyList<SfuPool> pools) =>
    [
        .. nodes.Where(node => node.Status?.State is SfuNodeState.Ready or SfuNodeState.Allocated).OrderByDescending(node => node.Metadata.Namespace == pool.Metadata.Namespace)
            .SelectMany(node => NetTargets.Of(node, pools.FirstOrDefault(each => each.Metadata.NamespacedName == new NamespacedName(node.Metadata.Namespace, node.Spec.PoolRef.Name)))
                .Where(target => target is { IsSupported: true, Transport: StunTransport.Udp })
                .OrderBy(target => target.Server.AddressFamily == AddressFamily.InterNetworkV6)
                .Take(1))
            .GroupBy(target => target.Server.AddressFamily)
            .OrderBy(family => family.Key == AddressFamily.InterNetworkV6)
            .Take(1)
            .SelectMany(family => family)
            .Take(MaxPeers)
            .Select(target => new TurnPeerNode(target.Member, target.Server)),
    ];

    private static void Write(CommandContext context, IReadOnlyList<TurnCheck> checks, int pools)
    {
        var text = context.Text;
        text.Pairs(("Measured from", $"this machine ({Environment.MachineName})"));
        text.Line();
        if (checks.Count == 0)
        {
            text.Line(new Cell(pools == 0 ? "There is no TurnPool that you may read." : "No relay takes participants: see status.message of the TurnPool.", Tone.Bad));
            return;
        }

        text.Table(["POOL", "URL", "ADDRESS", "RESULT", "CONNECT", "ALLOCATE", "RELAY", "CERTIFICATE"], [.. checks.Select(check => (Cell[])
        [
            check.Pool,
            check.Url,
            check.Address,
            check.Ok ? new Cell("works", Tone.Good) : check.Step == TurnStep.Credential ? new Cell("answers", Tone.Warning) : new Cell($"fails at {StepName(check.Step)}", Tone.Bad),
            Ms(check.ConnectMs),
            Ms(check.AllocateMs),
            Ms(check.RelayMs),
            check.CertificateUntil is { } until ? Certificate(until, context.Now) : new Cell(string.Empty),
        ])]);
        foreach (var group in checks.GroupBy(check => (check.Message, check.Fix)))
        {
            text.Line();
            text.Line(new Cell(string.Join(", ", group.Select(check => check.Url).Distinct(StringComparer.Ordinal)), group.First().Ok ? Tone.Good : Tone.Bad));
            text.Line($"  {group.Key.Message}{(string.IsNullOrEmpty(group.Key.Fix) ? string.Empty : $": {group.Key.Fix}")}");
        }
    }

    private static string StepName(TurnStep step) => step switch
    {
        TurnStep.Endpoints => "the pool",
        TurnStep.Resolve => "DNS",
        TurnStep.Connect => "connecting",
        TurnStep.Tls => "TLS",
        TurnStep.Answer => "the first request",
        TurnStep.Allocate => "the allocation",
        TurnStep.Permit => "the permission",
        _ => "relaying",
    };

    private static Cell Certificate(DateTimeOffset until, DateTimeOffset now) => until <= now
        ? new Cell("expired", Tone.Bad)
        : new Cell($"ends in {Durations.Of(until - now)}", until - now < TimeSpan.FromDays(7) ? Tone.Warning : Tone.Good);

    private static string? Ms(double? milliseconds) => milliseconds?.ToString("0.0 ms", CultureInfo.InvariantCulture);
}
