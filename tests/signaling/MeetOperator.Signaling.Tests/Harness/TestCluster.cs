using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Serialization;
using MeetOperator.Kube.Testing;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>
/// An embedded API server with a tenant and simulated media nodes. Also simulates the operator: places meetings on the first live node, ends meetings on request,
/// and writes their status.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    public const string Tenant = "default";
    public const string Namespace = "meet-default";
    private const string SystemNamespace = "meet-system";

    private readonly CancellationTokenSource _ends = new();
    private readonly ConcurrentDictionary<string, SimulatedMediaNode> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<SimulatedMediaNode> _drained = [];
    private readonly SemaphoreSlim _placing = new(1);
    private readonly HttpClient _http;
    private readonly Informer<Meeting> _meetings;
    private Task _running = Task.CompletedTask;

    private TestCluster(TestApiServer api)
    {
        Api = api;
        _http = Authority.Http(ControlRole.Operator);
        _meetings = new Informer<Meeting>(api.Client);
    }

    public TestApiServer Api { get; }

    public KubeClient Client => Api.Client;

    /// <summary>The certificate authority of the operator, for media nodes and signaling.</summary>
    public TestAuthority Authority { get; } = new();

    /// <summary>If set, new meetings stay pending with this reason and message in their Placed condition.</summary>
    public (string Reason, string Message)? PlacementRejection { get; set; }

    /// <summary>What the status of meetings that are placed from now on says about connections; null for the defaults.</summary>
    public ConnectivityRule? Connectivity { get; set; }

    /// <summary>Namespace whose meetings are rejected because other meetings have their IDs; null rejects none.</summary>
    public string? IdTakenIn { get; set; }

    public static async Task<TestCluster> StartAsync()
    {
        var cluster = new TestCluster(await TestApiServer.StartAsync([.. Repository.CrdTexts]));
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = SystemNamespace } }, default);
        await cluster.CreateCertificateAsync();
        await cluster.AddTenantAsync(Tenant, Namespace);
        cluster._meetings.OnChange(c => _ = cluster.ReconcileAsync(c.Key));
        cluster._running = cluster._meetings.RunAsync(cluster._ends.Token);
        return cluster;
    }

    private async Task CreateCertificateAsync()
    {
        var made = Authority.Caller(ControlRole.Signaling);
        await Client.CreateAsync(
            new Secret
            {
                Metadata = new ObjectMeta { Name = "meet-control-signaling", Namespace = SystemNamespace },
                StringData = new Dictionary<string, string> { ["tls.crt"] = made.Certificate, ["tls.key"] = made.Key, ["ca.crt"] = made.Authorities },
            },
            default);
    }

    public async Task AddTenantAsync(string name, string @namespace, string? apiKey = null, int? quota = null)
    {
        await Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = @namespace } }, default);
        var tenant = await Client.CreateAsync(
            new Tenant
            {
                Metadata = new ObjectMeta { Name = name },
                Spec = new TenantSpec
                {
                    Namespace = @namespace,
                    ApiKeys = apiKey is null ? [] : [new TenantApiKey { Name = "one", SecretRef = new SecretKeyReference { Name = "api-key" } }],
                    Quotas = new TenantQuotas { ConcurrentMeetings = quota },
                },
            },
            default);
        if (apiKey is not null)
        {
            await Client.CreateAsync(
                new ConfigMap
                {
                    Metadata = new ObjectMeta
                    {
                        Name = ApiKeyHashes.NameOf(tenant),
                        Namespace = SystemNamespace,
                        Labels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.ApiKeys, [MeetLabels.Tenant] = name },
                    },
                    Data = new Dictionary<string, string> { ["one"] = ApiKeyHashes.Of(apiKey)! },
                },
                default);
        }
    }

    /// <summary>Sets whether a tenant asks participants how the call was.</summary>
    public Task SetSurveyAsync(bool enabled, string tenant = Tenant) => Client.MergePatchAsync<Tenant>(
        new NamespacedName(null, tenant), new JsonObject { ["spec"] = new JsonObject { ["survey"] = new JsonObject { ["enabled"] = enabled } } }, default);

    /// <summary>Sets the table of networks of a tenant.</summary>
    public Task SetNetworksAsync(params (string Cidr, string Region)[] networks) => Client.MergePatchAsync<Tenant>(
        new NamespacedName(null, Tenant),
        new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["regions"] = new JsonObject { ["networks"] = new JsonArray([.. networks.Select(n => new JsonObject { ["cidr"] = n.Cidr, ["region"] = n.Region })]) },
            },
        },
        default);

    /// <summary>Sets whether a tenant allows tunnels.</summary>
    public Task SetTunnelAsync(TunnelAccess value, string tenant = Tenant) => Client.MergePatchAsync<Tenant>(
        new NamespacedName(null, tenant), new JsonObject { ["spec"] = new JsonObject { ["connectivity"] = new JsonObject { ["tunnel"] = value.ToString() } } }, default);

    /// <summary>Sets whether a tenant allows direct connections.</summary>
    public Task SetDirectConnectionsAsync(DirectConnections value, string tenant = Tenant) => Client.MergePatchAsync<Tenant>(
        new NamespacedName(null, tenant), new JsonObject { ["spec"] = new JsonObject { ["connectivity"] = new JsonObject { ["directConnections"] = value.ToString() } } }, default);

    public async Task<SimulatedMediaNode> AddNodeAsync(string name)
    {
        var node = await SimulatedMediaNode.StartAsync(name, Authority.Node(Namespace, name));
        _nodes[name] = node;
        var key = new NamespacedName(Namespace, name);
        await Client.CreateAsync(
            new SfuNode
            {
                Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
                Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "default" }, UdpPorts = [40000] },
            },
            default);
        await Client.MergePatchAsync<SfuNode>(
            key,
            new JsonObject { ["status"] = new JsonObject { ["state"] = "Ready", ["controlUrl"] = node.Address.ToString().TrimEnd('/') } },
            default,
            new WriteOptions { Subresource = "status" });
        return node;
    }

    /// <summary>Sets the address in the status of an SfuNode, or removes it.</summary>
    public Task SetNodeAddressAsync(string name, Uri? address) => Client.MergePatchAsync<SfuNode>(
        new NamespacedName(Namespace, name),
        new JsonObject { ["status"] = new JsonObject { ["controlUrl"] = address?.ToString().TrimEnd('/') } },
        default,
        new WriteOptions { Subresource = "status" });

    /// <summary>Assigns a meeting to these nodes, like the operator during a move. Creates the rooms that are missing on them, unless the node rejects that.</summary>
    public async Task AssignAsync(string meetingId, params MeetingAssignment[] assignments)
    {
        await _placing.WaitAsync(); // a first placement in progress would replace the assignments
        try
        {
            await AssignNowAsync(meetingId, assignments);
        }
        finally
        {
            _placing.Release();
        }
    }

    private async Task AssignNowAsync(string meetingId, MeetingAssignment[] assignments)
    {
        foreach (var assignment in assignments.Where(one => one.State != AssignmentState.Lost && _nodes.TryGetValue(one.SfuNode, out var node) && !node.Rooms().ContainsKey(meetingId)))
        {
            try
            {
                await _nodes[assignment.SfuNode].Client(_http).PutRoomAsync(meetingId, new RoomSpec { Generation = assignment.Generation }, default);
            }
            catch (NodeControlException)
            {
                // The test lets the node reject the room.
            }
        }

        var list = assignments.Select(assignment => (JsonNode)new JsonObject
        {
            ["sfuNode"] = assignment.SfuNode,
            ["namespace"] = Namespace,
            ["role"] = assignment.Role.ToString(),
            ["state"] = assignment.State.ToString(),
            ["deadline"] = assignment.Deadline?.ToString("O"),
            ["participants"] = assignment.Participants,
            ["region"] = assignment.Region,
            ["connectivity"] = JsonSerializer.SerializeToNode(assignment.Connectivity, KubeJson.Options),
            ["generation"] = assignment.Generation,
        });
        await Client.MergePatchAsync<Meeting>(
            new NamespacedName(Namespace, meetingId), new JsonObject { ["status"] = new JsonObject { ["assignments"] = new JsonArray([.. list]) } }, default, new WriteOptions { Subresource = "status" });
    }

    /// <summary>Creates a meeting like kubectl would.</summary>
    public Task<Meeting> ApplyMeetingAsync(string name, Func<MeetingSpec, MeetingSpec>? change = null, string @namespace = Namespace, string tenant = Tenant)
    {
        var spec = new MeetingSpec { TenantRef = new TenantReference { Name = tenant }, Title = name };
        return Client.CreateAsync(
            new Meeting { Metadata = new ObjectMeta { Name = name, Namespace = @namespace }, Spec = change?.Invoke(spec) ?? spec }, default);
    }

    /// <summary>Simulates the crash of a node. Its meetings are placed on another node with a higher generation.</summary>
    public async Task KillNodeAsync(string name)
    {
        _nodes.TryRemove(name, out var node);
        await node!.DieAsync();
        foreach (var meeting in _meetings.List())
        {
            await ReconcileAsync(meeting.Metadata.NamespacedName);
        }
    }

    /// <summary>Places the meetings of a node on another node. The node keeps running.</summary>
    public async Task DrainNodeAsync(string name)
    {
        _nodes.TryRemove(name, out var node);
        _drained.Add(node!);
        foreach (var meeting in _meetings.List())
        {
            await ReconcileAsync(meeting.Metadata.NamespacedName);
        }
    }

    /// <summary>Returns a drained node to service, with the rooms that it still has. Meetings move to it only when their own node is drained.</summary>
    public void UndrainNode(string name) => _nodes[name] = _drained.Single(node => node.Name == name);

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running;
        foreach (var node in _nodes.Values.Union(_drained))
        {
            await node.DisposeAsync();
        }

        _http.Dispose();
        Authority.Dispose();
        await Api.DisposeAsync();
    }

    private async Task ReconcileAsync(NamespacedName key)
    {
        await _placing.WaitAsync();
        try
        {
            if (await Client.TryGetAsync<Meeting>(key, default) is not { } meeting)
            {
                return;
            }

            if (meeting.Spec.DesiredState == MeetingDesiredState.Ended || meeting.Metadata.DeletionTimestamp is not null)
            {
                await EndAsync(meeting);
            }
            else
            {
                await PlaceAsync(meeting);
            }
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or NodeControlException && _ends.IsCancellationRequested)
        {
            // The test has ended.
        }
        finally
        {
            _placing.Release();
        }
    }

    private async Task PlaceAsync(Meeting meeting)
    {
        var now = meeting.Status?.Assignments.FirstOrDefault();
        if (now is not null && _nodes.ContainsKey(now.SfuNode))
        {
            return;
        }

        // A meeting that was rejected for its ID stays rejected in later reconciliations.
        if (meeting.Status?.Conditions.Any(c => c.Reason == AcceptReasons.IdTaken) == true)
        {
            return;
        }

        var rejection = meeting.Metadata.Namespace == IdTakenIn ? ("IdTaken", "another meeting has the ID") : PlacementRejection;
        if (rejection is { } condition || _nodes.IsEmpty)
        {
            condition = rejection ?? ("NoNodes", "There is no media node.");
            if (meeting.Status?.Conditions.Any(c => c.Reason == condition.Reason) != true)
            {
                await PatchStatusAsync(meeting, new JsonObject
                {
                    ["phase"] = "Pending",
                    ["conditions"] = new JsonArray(Condition("Placed", "False", condition.Reason, condition.Message)),
                    ["assignments"] = new JsonArray(),
                });
            }

            return;
        }

        var node = _nodes.Values.OrderBy(n => n.Name, StringComparer.Ordinal).First();
        var generation = (now?.Generation ?? 0) + 1;
        await node.Client(_http).PutRoomAsync(MeetingId.Of(meeting), new RoomSpec { Generation = generation }, default);
        await PatchStatusAsync(meeting, new JsonObject
        {
            ["phase"] = "Ready",
            ["topology"] = nameof(MediaTopology.Sfu),
            ["conditions"] = new JsonArray(Condition("Placed", "True", "Placed", string.Empty)),
            ["assignments"] = new JsonArray(new JsonObject
            {
                ["sfuNode"] = node.Name,
                ["namespace"] = Namespace,
                ["role"] = "Origin",
                ["state"] = "Ready",
                ["participants"] = 0,
                ["connectivity"] = JsonSerializer.SerializeToNode(Connectivity, KubeJson.Options),
                ["generation"] = generation,
            }),
            ["formerNodes"] = FormerNodes(meeting),
        });
    }

    /// <summary>Like the operator after a move: lists the drained nodes on which the meeting still has a room with participants.</summary>
    private JsonArray FormerNodes(Meeting meeting) =>
    [
        .. _drained.Except(_nodes.Values).Where(node => node.Rooms().GetValueOrDefault(MeetingId.Of(meeting)) is { Participants: > 0 })
            .Select(node => new JsonObject { ["sfuNode"] = node.Name, ["namespace"] = Namespace, ["generation"] = node.Rooms()[MeetingId.Of(meeting)].Generation }),
    ];

    private async Task EndAsync(Meeting meeting)
    {
        if (meeting.Status?.Phase != MeetingPhase.Ended)
        {
            await PatchStatusAsync(meeting, new JsonObject { ["phase"] = "Ended", ["endReason"] = "DesiredState" });
        }
    }

    private Task PatchStatusAsync(Meeting meeting, JsonObject status) => Client.MergePatchAsync<Meeting>(
        meeting.Metadata.NamespacedName, new JsonObject { ["status"] = status }, default, new WriteOptions { Subresource = "status" });

    private static JsonObject Condition(string type, string status, string reason, string message) =>
        new() { ["type"] = type, ["status"] = status, ["reason"] = reason, ["message"] = message };
}
