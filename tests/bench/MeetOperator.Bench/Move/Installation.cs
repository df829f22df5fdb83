using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MeetOperator.Bench.Move.People;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Bench.Move;

/// <summary>A running installation (<c>./meet up</c>), of which MEET_HOME and MEET_PORT are set.</summary>
internal sealed class Installation : IDisposable
{
    private const string Namespace = "meet-default";
    private static readonly NamespacedName PoolKey = new(Namespace, "default");
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly HttpClient _http = new();
    private readonly string _home;
    private readonly KubeClient _kube;
    private readonly Uri _url;
    private int _rollouts;

    public Installation()
    {
        var home = Environment.GetEnvironmentVariable("MEET_HOME");
        var port = Environment.GetEnvironmentVariable("MEET_PORT");
        if (home is null || port is null)
        {
            throw new InvalidOperationException("MEET_HOME and MEET_PORT of a running installation are not set; use ./meet bench move.");
        }

        _home = home;
        _kube = new KubeClient(KubeConfig.FromFile(Path.Combine(home, "kubeconfig")), new KubeClientOptions { UserAgent = "meet-bench" });
        _url = new Uri($"http://localhost:{port}/");
    }

    /// <summary>Sets the number of media nodes, and what else the pool is to have, and waits until they serve.</summary>
    public async Task ScaleAsync(int replicas, JsonObject? more = null)
    {
        var spec = more ?? [];
        spec["replicas"] = replicas;
        await PatchPoolAsync(spec).ConfigureAwait(false);
        await PoolAsync("the media nodes serve").ConfigureAwait(false);
    }

    /// <summary>Creates a meeting without anybody in it.</summary>
    public async Task<Crowd> CreateMeetingAsync(JsonObject? settings = null)
    {
        settings ??= [];
        settings["mode"] = "Sfu";
        using var response = await _http.PostAsJsonAsync(new Uri(_url, "meetings"), new JsonObject { ["title"] = "bench", ["settings"] = settings }).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        var created = (await response.Content.ReadFromJsonAsync<JsonNode>().ConfigureAwait(false))!;
        var crowd = new Crowd(_http, _url, created["meetingId"]!.GetValue<string>());
        await MeetingAsync(crowd, "the meeting is placed", meeting => meeting.Status is { Assignments.Count: 1 }).ConfigureAwait(false);
        return crowd;
    }

    /// <summary>Moves the meeting to one of the other media nodes, and waits until it has left the present one.</summary>
    public async Task MoveAsync(Crowd crowd, Random random)
    {
        var meeting = await FindAsync(crowd).ConfigureAwait(false);
        var others = (await ServingAsync().ConfigureAwait(false)).Where(node => meeting.Status!.Assignments.All(assignment => assignment.SfuNode != node)).ToArray();
        var target = others[random.Next(others.Length)];
        var request = new JsonObject { ["sfuNode"] = target, ["requestedAt"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) };
        await _kube.MergePatchAsync<Meeting>(meeting.Metadata.NamespacedName, Spec("placement", new JsonObject { ["moveTo"] = request }), default).ConfigureAwait(false);
        await MeetingAsync(crowd, $"the meeting has moved to {target}", moved =>
            moved.Status!.Move is { State: MeetingMoveState.Refused or MeetingMoveState.Failed } failed && failed.SfuNode == target
                ? throw new InvalidOperationException($"The move to {target} is {failed.State}: {failed.Message}")
                : moved.Status.Assignments is [{ State: AssignmentState.Ready } only] && only.SfuNode == target).ConfigureAwait(false);
    }

    /// <summary>Drains the media node of the meeting.</summary>
    /// <param name="crowd">The meeting.</param>
    /// <param name="hold">Takes the drain back after this time; null when the meeting has left.</param>
    public async Task DrainAsync(Crowd crowd, TimeSpan? hold)
    {
        var node = (await FindAsync(crowd).ConfigureAwait(false)).Status!.Assignments[0].SfuNode;
        await PatchNodeAsync(node, new JsonObject { ["reason"] = "bench", ["deadlineSeconds"] = 0 }).ConfigureAwait(false);
        if (hold is { } time)
        {
            await Task.Delay(time).ConfigureAwait(false);
        }
        else
        {
            await MeetingAsync(crowd, $"the meeting has left {node}", meeting => meeting.Status!.Assignments is [{ State: AssignmentState.Ready } only] && only.SfuNode != node).ConfigureAwait(false);
        }

        try
        {
            await PatchNodeAsync(node, null).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // The pool has removed the empty node meanwhile.
        }

        await MeetingAsync(crowd, "the meeting is on one media node", meeting => meeting.Status!.Assignments is [{ State: AssignmentState.Ready }]).ConfigureAwait(false);
        await PoolAsync("the media nodes serve").ConfigureAwait(false);
    }

    /// <summary>Lets the meeting survive the loss of a media node, and waits until its standby is ready.</summary>
    public async Task PrepareStandbyAsync(Crowd crowd)
    {
        await _kube.MergePatchAsync<Meeting>(new NamespacedName(Namespace, crowd.Meeting), Spec("placement", new JsonObject { ["availabilityClass"] = nameof(AvailabilityClass.Critical) }), default).ConfigureAwait(false);
        await MeetingAsync(crowd, "the standby is ready", meeting => meeting.Status!.Assignments.Any(assignment => assignment is { Role: AssignmentRole.Standby, State: AssignmentState.Ready })).ConfigureAwait(false);
    }

    /// <summary>Kills the process of the meeting's origin (SIGKILL). The Pod starts another one.</summary>
    public async Task KillOriginAsync(Crowd crowd)
    {
        var node = (await FindAsync(crowd).ConfigureAwait(false)).Status!.Assignments.First(assignment => assignment.Role == AssignmentRole.Origin).SfuNode;
        var name = $"MEET_NODE_NAME={node}\0";
        var home = $"{Path.GetFullPath(_home)}/";
        using var process = Process.GetProcesses().FirstOrDefault(process => Read(process, "cmdline").StartsWith(home, StringComparison.Ordinal) && Read(process, "environ").Contains(name, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"No process of the media node {node} was found.");
        process.Kill();
    }

    /// <summary>Waits until as many media nodes serve as the pool is to have.</summary>
    public Task CompleteAsync() => PoolAsync("the media nodes serve");

    /// <summary>Replaces all media nodes, because their template has changed.</summary>
    public async Task RolloutAsync(string type)
    {
        var requests = new JsonObject { ["requests"] = new JsonObject { ["memory"] = $"{96 + (++_rollouts % 8)}Mi" } };
        await PatchPoolAsync(new JsonObject { ["rollout"] = new JsonObject { ["type"] = type }, ["template"] = new JsonObject { ["resources"] = requests } }).ConfigureAwait(false);
        await PoolAsync("all media nodes are replaced").ConfigureAwait(false);
    }

    public async Task<int> NodesAsync(Crowd crowd) => (await FindAsync(crowd).ConfigureAwait(false)).Status!.Assignments.Count;

    /// <summary>The meeting and the media nodes, for messages about failures.</summary>
    public async Task<string> DescribeAsync(Crowd crowd)
    {
        var meeting = await FindAsync(crowd).ConfigureAwait(false);
        var pool = await _kube.GetAsync<SfuPool>(PoolKey, default).ConfigureAwait(false);
        var nodes = await _kube.ListAllAsync<SfuNode>(Namespace, null, default).ConfigureAwait(false);
        return $"{meeting.Status!.NodeSummary}; {meeting.Status.Message}; pool: {pool.Status}; "
            + string.Join("; ", nodes.Items.Select(node => $"{node.Metadata.Name} {node.Status?.State} {node.Status?.Message} drain {node.Spec.Drain}"));
    }

    public async Task MeetingAsync(Crowd crowd, string what, Func<Meeting, bool> condition) =>
        await UntilAsync(what, async () => condition(await FindAsync(crowd).ConfigureAwait(false)), () => DescribeAsync(crowd)).ConfigureAwait(false);

    public void Dispose()
    {
        _kube.Dispose();
        _http.Dispose();
    }

    private async Task<Meeting> FindAsync(Crowd crowd) => await _kube.GetAsync<Meeting>(new NamespacedName(Namespace, crowd.Meeting), default).ConfigureAwait(false);

    private async Task<IEnumerable<string>> ServingAsync() => (await _kube.ListAllAsync<SfuNode>(Namespace, null, default).ConfigureAwait(false)).Items
        .Where(node => node.Metadata.DeletionTimestamp is null && node.Spec.Drain is null && node.Status?.State is SfuNodeState.Ready or SfuNodeState.Allocated).Select(node => node.Metadata.Name!);

    private Task PoolAsync(string what) => UntilAsync(what, async () =>
    {
        var pool = await _kube.GetAsync<SfuPool>(PoolKey, default).ConfigureAwait(false);
        return pool.Status is { } status && status.ObservedGeneration == pool.Metadata.Generation && status.DrainingReplicas == 0
            && status.UpdatedReplicas == pool.Spec.Replicas && status.Replicas == pool.Spec.Replicas
            && (await ServingAsync().ConfigureAwait(false)).Count() == pool.Spec.Replicas;
    }, async () => (await _kube.GetAsync<SfuPool>(PoolKey, default).ConfigureAwait(false)).Status!.ToString());

    private static async Task UntilAsync(string what, Func<Task<bool>> condition, Func<Task<string>> describe)
    {
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(180);
        while (!await condition().ConfigureAwait(false))
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"Not reached within 180 s: {what}. {await describe().ConfigureAwait(false)}");
            }

            await Task.Delay(Pause).ConfigureAwait(false);
        }
    }

    /// <summary>A file of a process; empty if the process has ended or belongs to somebody else.</summary>
    private static string Read(Process process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private Task PatchPoolAsync(JsonObject spec) => _kube.MergePatchAsync<SfuPool>(PoolKey, new JsonObject { ["spec"] = spec }, default);

    private Task PatchNodeAsync(string node, JsonObject? drain) => _kube.MergePatchAsync<SfuNode>(new NamespacedName(Namespace, node), Spec("drain", drain), default);

    private static JsonObject Spec(string field, JsonNode? value) => new() { ["spec"] = new JsonObject { [field] = value } };
}
