using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Testing;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Settings;
using MeetOperator.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Operator.Tests.Control;

/// <summary>The certificate management of NodeControl on a manual clock: an API server, the leader's keeper, two media nodes, and the signaling side.</summary>
internal sealed class ControlStage : IAsyncDisposable
{
    public const string Namespace = "meet-system";
    private readonly TestApiServer _server;
    private readonly Dictionary<NamespacedName, SimulatedMediaNode> _nodes = [];

    private ControlStage(TestApiServer server)
    {
        _server = server;
        Authority = new ControlAuthority(Time);
        Keeper = KeeperOf(Authority);
    }

    public ManualTime Time { get; } = new();
    public ControlOptions Options { get; } = new();
    public KubeClient Client => _server.Client;
    public ControlAuthority Authority { get; private set; }
    public ControlAuthorityKeeper Keeper { get; private set; }
    public IReadOnlyCollection<SimulatedMediaNode> Nodes => _nodes.Values;

    /// <summary>The credentials that signaling read last.</summary>
    public ControlCredentials? Signaling { get; private set; }

    public static async Task<ControlStage> StartAsync(int nodes = 2)
    {
        var stage = new ControlStage(await TestApiServer.StartAsync(new ApiServerOptions()));
        await stage.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = Namespace } }, default);
        stage.Authority.StartObserving();
        await stage.SettleAsync();
        for (var number = 0; number < nodes; number++)
        {
            var name = new NamespacedName("meet-a", $"p-{number}");
            stage._nodes[name] = await SimulatedMediaNode.StartAsync(name.Name, stage.Authority.IssueFor(name));
            stage._nodes[name].Time = stage.Time;
        }

        await stage.SettleAsync();
        return stage;
    }

    /// <summary>Replaces the leader by one that knows only the stored state; it starts to poll with <see cref="ControlAuthority.StartObserving"/>.</summary>
    /// <param name="clockLead">How far the new leader's clock is ahead of the API server's.</param>
    public void ChangeLeader(TimeSpan clockLead = default)
    {
        Authority = new ControlAuthority(Time);
        Keeper = KeeperOf(Authority, new KubeClient(Client.Config, null, new ShiftedTime(clockLead)));
    }

    public Task RequestRotationAsync() => Client.MergePatchAsync<Secret>(
        new NamespacedName(Namespace, Options.AuthoritySecret),
        new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ControlAuthorityKeeper.RotateAnnotation] = "now" } } },
        default);

    public async Task<Authorities> StoredAsync() => Authorities.TryRead(await SecretAsync(Options.AuthoritySecret))!;

    /// <summary>Runs what all loops do within a minute: the leader's steps and polls, and signaling's read of its Secret.</summary>
    public async Task SettleAsync()
    {
        do
        {
            await PollAsync();
            await PollAsync(); // Reports the credentials that the first poll pushed.
            await ReadSignalingAsync();
        }
        while (await Keeper.AdvanceAsync(default));
        await PollAsync();
        await ReadSignalingAsync();
    }

    public async Task PollAsync()
    {
        foreach (var (name, node) in _nodes)
        {
            if (Authority.Own is null)
            {
                return;
            }

            using var http = TestAuthority.Http(() => Authority.Own, Time); // The clock jumps by more than a connection lives.
            var client = node.Client(http);
            if (Authority.Renew(name, (await client.GetNodeAsync(default)).Credentials) is { } renewed)
            {
                await client.PutCredentialsAsync(renewed, default);
            }
        }
    }

    public Task<Secret> SecretAsync(string name) => Client.GetAsync<Secret>(new NamespacedName(Namespace, name), default);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
        {
            await node.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private ControlAuthorityKeeper KeeperOf(ControlAuthority authority, KubeClient? client = null) => new(client ?? Client, Options, Namespace, authority, Time, NullLogger<ControlAuthorityKeeper>.Instance);

    private async Task ReadSignalingAsync()
    {
        if (ControlSecretText.TryRead(await Client.TryGetAsync<Secret>(new NamespacedName(Namespace, Options.SignalingSecret), default), out var read))
        {
            Signaling = read;
        }
    }

    private sealed class ShiftedTime(TimeSpan lead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + lead;
    }
}
