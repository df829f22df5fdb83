using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Bundle;

/// <summary>Reads what a supporter needs, as far as it is allowed, and adds it to an archive without secrets. Secrets and ConfigMaps are never requested.</summary>
internal sealed class BundleCollector(ClusterReader cluster, BundleArchive archive)
{
    private const int LogLines = 5000;
    private const string MeetApi = $"apis/{MeetGroup.Name}/{MeetGroup.Version}";
    private readonly List<string> _missing = [];

    /// <summary>What could not be read, one line each.</summary>
    public IReadOnlyList<string> Missing => _missing;

    public async Task CollectAsync(string? onlyNamespace, CancellationToken ct)
    {
        var selected = Uri.EscapeDataString(MeetLabels.Component);
        await AddObjectsAsync("tenants", MeetApi, "tenants", null, ct).ConfigureAwait(false);
        foreach (var plural in (string[])["sfupools", "sfunodes", "meetings"])
        {
            await AddObjectsAsync(plural, MeetApi, plural, onlyNamespace ?? string.Empty, ct).ConfigureAwait(false);
        }

        await AddObjectsAsync("nodes", "api/v1", "nodes", null, ct).ConfigureAwait(false);
        await AddObjectsAsync("events", "api/v1", "events", onlyNamespace ?? string.Empty, ct).ConfigureAwait(false);
        var pods = await AddObjectsAsync("pods", "api/v1", $"pods?labelSelector={selected}", onlyNamespace ?? string.Empty, ct).ConfigureAwait(false);
        foreach (var pod in pods)
        {
            await AddLogsAsync(pod, ct).ConfigureAwait(false);
        }

        try
        {
            archive.Add("server-version.json", await cluster.Client.GetRawAsync("version", ct).ConfigureAwait(false));
        }
        catch (KubeApiException e)
        {
            _missing.Add($"version of the API server: {e.Message}");
        }
    }

    /// <summary>Lists objects as they are, with fields that this program does not know. An empty namespace stands for all, and for that of the context where all is forbidden.</summary>
    private async Task<IReadOnlyList<JsonObject>> AddObjectsAsync(string name, string api, string resource, string? space, CancellationToken ct)
    {
        try
        {
            return await AddAsync(space is { Length: > 0 } ? $"{api}/namespaces/{Uri.EscapeDataString(space)}/{resource}" : $"{api}/{resource}").ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsForbidden && space is "")
        {
            _missing.Add($"{name} of other namespaces than {cluster.Namespace}: not allowed");
            return await AddObjectsAsync(name, api, resource, cluster.Namespace, ct).ConfigureAwait(false);
        }
        catch (KubeApiException e)
        {
            _missing.Add($"{name}{(space is { Length: > 0 } ? $" of namespace {space}" : string.Empty)}: {(e.IsForbidden ? "not allowed" : e.Message)}");
            return [];
        }

        async Task<IReadOnlyList<JsonObject>> AddAsync(string path)
        {
            var items = new List<JsonObject>();
            string? next = null;
            do
            {
                var page = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=500{(next is null ? string.Empty : $"&continue={Uri.EscapeDataString(next)}")}";
                var list = JsonNode.Parse(await cluster.Client.GetRawAsync(page, ct).ConfigureAwait(false))!;
                items.AddRange((list["items"] as JsonArray ?? []).OfType<JsonObject>());
                next = (string?)list["metadata"]?["continue"];
            }
            while (!string.IsNullOrEmpty(next));
            archive.Add($"objects/{name}.yaml", string.Concat(items.Select(item => "---\n" + YamlWriter.Write(ObjectCleaner.Clean(item)!))));
            return items;
        }
    }

    private async Task AddLogsAsync(JsonObject pod, CancellationToken ct)
    {
        var key = new NamespacedName((string?)pod["metadata"]?["namespace"], (string?)pod["metadata"]?["name"] ?? string.Empty);
        foreach (var status in (pod["status"]?["containerStatuses"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var container = (string?)status["name"] ?? string.Empty;
            await AddLogAsync(key, container, previous: false, ct).ConfigureAwait(false);
            if ((int?)status["restartCount"] > 0)
            {
                await AddLogAsync(key, container, previous: true, ct).ConfigureAwait(false);
            }
        }
    }

    private async Task AddLogAsync(NamespacedName pod, string container, bool previous, CancellationToken ct)
    {
        var what = $"{(previous ? "previous log" : "log")} of {pod}/{container}";
        try
        {
            var stream = await cluster.Client.ReadLogsAsync(pod, new LogOptions { Container = container, Previous = previous, TailLines = LogLines, Timestamps = true }, ct).ConfigureAwait(false);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            archive.Add($"logs/{pod.Namespace}/{pod.Name}/{container}{(previous ? ".previous" : string.Empty)}.log", SecretRules.Clean(await reader.ReadToEndAsync(ct).ConfigureAwait(false)));
        }
        catch (KubeApiException e)
        {
            _missing.Add($"{what}: {(e.IsForbidden ? "not allowed" : e.Message)}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            _missing.Add($"{what}: {e.Message}");
        }
    }
}
