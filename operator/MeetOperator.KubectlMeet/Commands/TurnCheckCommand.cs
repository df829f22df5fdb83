using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Inside;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.KubectlMeet.Reading;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Whether relays work from here, with an allocation and a packet to a media node.</summary>
internal sealed class TurnCheckCommand : ICommand
{
    /// <summary>Media nodes that are tried, because not every pool of relays forwards to every media node.</summary>
    private const int MaxPeers = 8;
    private const int MaxAuthorities = 64 * 1024;
    private static readonly OptionSpec Address = new("address", "IP", "for URLs with a name, the address of the relay instead of those in DNS, for example before DNS has the name");
    private static readonly OptionSpec CaFile = new("ca-file", "FILE", "with TLS, certificates of authorities (PEM) to trust instead of those that this machine trusts, for example of an organization");

    public CommandSpec Spec { get; } = new()
    {
        Name = "turn check",
        Usage = "[POOL]",
        Summary = "test from this machine or a Pod whether relays (TURN) relay to media nodes",
        Description = "For every URL that participants get: opens a connection, with TLS checks the certificate, makes an allocation, sends a packet to a media node through the relay, and ends the allocation. Names the step that fails and what to do. The credential ends after two minutes and is made from the Secret of the installation, so you need the right to get it; without it, the check ends before the allocation, with the exit code 1. " + InsideOptions.Description + " The Pod reads the Secret, so you need no right to get it. The exit code is 3 if a relay does not work.",
        MaxArguments = 1,
        Options = [InsideOptions.Inside, InsideOptions.Installation, Address, CaFile, GlobalOptions.Format],
        Examples = ["kubectl meet turn check", "kubectl meet turn check meet-system/relays -o json", "kubectl meet turn check --inside", "kubectl meet turn check --address 203.0.113.7 --ca-file our-authority.pem"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        var route = await RouteAsync(context, line, ct).ConfigureAwait(false);
        using var cluster = ClusterReader.Open(line, readsAll: line.Arguments.Count > 0);
        var (relays, nodes, pools) = (cluster.ListAsync<TurnPool>(ct), cluster.ListAsync<SfuNode>(ct), cluster.ListAsync<SfuPool>(ct));
        await Task.WhenAll(relays, nodes, pools).ConfigureAwait(false);
        var (pool, node, sfu) = (await relays.ConfigureAwait(false), await nodes.ConfigureAwait(false), await pools.ConfigureAwait(false));
        string[] notReadable = [.. pool.NotReadable, .. node.NotReadable];
        IReadOnlyList<TurnPool> wanted = line.Arguments is [var name] ? [Lookup.Find(pool.Items, cluster.Qualify(name), cluster.Namespace, notReadable)] : pool.Items;
        RelayTarget[] targets = [.. wanted.Select(each => TargetOf(each, PeersOf(each, node.Items, sfu.Items)))];
        var isInside = line.Has(InsideOptions.Inside.Name) && targets.Length > 0;
        var (found, place) = isInside
            ? await CheckInsideAsync(context, line, cluster, targets, route, ct).ConfigureAwait(false)
            : (await CheckAsync(context, line, cluster, targets, route, ct).ConfigureAwait(false), Environment.MachineName);
        IReadOnlyList<TurnCheck> checks = [.. found.Select(check => check with { From = place })];
        if (!Document.TryWrite(context.Out, line.Value(GlobalOptions.Output), checks))
        {
            Write(context, checks, wanted.Count, isInside ? place : $"this machine ({place})");
        }

        context.Note(notReadable);
        return checks.Any(check => check is { Ok: false, Step: not TurnStep.Credential }) || checks.Count == 0 ? ExitCodes.NotWell
            : checks.All(check => check.Ok) ? ExitCodes.Ok
            : ExitCodes.Error;
    }

    /// <exception cref="UsageException">The address is none, or the file has no certificates.</exception>
    private static async Task<RelayRoute> RouteAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        if (line.Value(Address.Name) is { } address && !IPAddress.TryParse(address, out _))
        {
            throw new UsageException($"--{Address.Name} is '{address}'; it must be an IP address");
        }

        if (line.Value(CaFile.Name) is not { } file)
        {
            return new RelayRoute(line.Value(Address.Name));
        }

        try
        {
            // Only the certificates: the file may have keys as well, which must not get into a Pod's spec.
            var authorities = RelayChecker.Read(await File.ReadAllTextAsync(Path.Combine(context.Folder, file), ct).ConfigureAwait(false)).ExportCertificatePems();
            return authorities.Length <= MaxAuthorities
                ? new RelayRoute(line.Value(Address.Name), authorities)
                : throw new UsageException($"--{CaFile.Name}: the certificates in {file} have {authorities.Length} characters; they may have {MaxAuthorities}");
        }
        catch (CryptographicException malformed)
        {
            throw new UsageException($"--{CaFile.Name}: {file} must have certificates as PEM: {malformed.Message}");
        }
    }

    private static RelayTarget TargetOf(TurnPool pool, IReadOnlyList<TurnPeerNode> peers) => new(
        pool.Metadata.NamespacedName.ToString(), pool.Metadata.Uid, HasNoRelay: pool.Status is not { Endpoints.Count: > 0 } && pool.Status?.DesiredReplicas != 0, [.. pool.Status?.Endpoints ?? []], peers);

    private static async Task<IReadOnlyList<TurnCheck>> CheckAsync(CommandContext context, CommandLine line, ClusterReader cluster, RelayTarget[] targets, RelayRoute route, CancellationToken ct)
    {
        var secrets = targets.Length == 0 ? new RelaySecrets(null, null) : await RelaySecrets.ReadAsync(cluster.Client, InsideOptions.InstallationOf(line), ct).ConfigureAwait(false);
        return await RelayChecker.RunAsync(targets, target => secrets.Of(target.Pool, target.Uid), route, context.Time, ct).ConfigureAwait(false);
    }

    private static async Task<(IReadOnlyList<TurnCheck> Checks, string Place)> CheckInsideAsync(
        CommandContext context, CommandLine line, ClusterReader cluster, RelayTarget[] targets, RelayRoute route, CancellationToken ct)
    {
        var (result, place) = await InsideOptions.RunAsync(context, line, cluster, new InsideWork { Relays = targets, Route = route }, ct).ConfigureAwait(false);
        return (result.Relays ?? [], place);
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

    private static void Write(CommandContext context, IReadOnlyList<TurnCheck> checks, int pools, string place)
    {
        var text = context.Text;
        text.Pairs(("Measured from", place));
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
