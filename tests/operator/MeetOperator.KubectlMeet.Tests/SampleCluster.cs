using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Testing;
using MeetOperator.KubectlMeet.Commands;
using MeetOperator.Testing;
using YamlDotNet.Serialization;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>The embedded API server with the objects of tests/golden/kubectl-meet/cluster.yaml, a kubeconfig for it, and the plugin in this process.</summary>
public sealed class SampleCluster : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kubectl-meet");
    private TestApiServer? _api;

    public ManualTime Time { get; } = new();
    internal TestApiServer Api => _api!;
    public string Folder => _folder.FullName;
    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    /// <summary>The log of every container.</summary>
    public string Log { get; set; } = "started\n";

    public async Task InitializeAsync()
    {
        _api = await TestApiServer.StartAsync(new ApiServerOptions
        {
            Manifests = Repository.CrdTexts,
            TimeProvider = Time,
            PodLogs = (_, _) => Task.FromResult<Stream?>(new MemoryStream(Encoding.UTF8.GetBytes(Log))),
        });
        await File.WriteAllTextAsync(Kubeconfig, _api.Server.Kubeconfig);
        foreach (var name in (string[])["meet-acme", "meet-globex", "meet-pools"])
        {
            await _api.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = name } }, default);
        }

        await CreateAsync(await File.ReadAllTextAsync(Repository.Golden("kubectl-meet", "cluster.yaml")));
        var standup = await _api.Client.GetAsync<Meeting>(new NamespacedName("meet-acme", "standup"), default);
        await _api.Client.CreateAsync(
            new Event
            {
                Metadata = new ObjectMeta { Name = "standup.1", Namespace = "meet-acme" },
                InvolvedObject = ObjectReference.To(standup),
                Reason = "Placed",
                Message = "placed on shared-aaaaa: 12 % full, Packed",
                Type = "Normal",
                LastTimestamp = Time.GetUtcNow().AddMinutes(-7),
            },
            default);
    }

    public async Task DisposeAsync()
    {
        await _api!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Creates objects from YAML documents, with their status.</summary>
    public async Task CreateAsync(string yaml)
    {
        using var http = Api.CreateHttpClient();
        foreach (var document in yaml.Split("\n---\n"))
        {
            var item = Parse(document);
            var (kind, space, name) = ((string)item["kind"]!, (string?)item["metadata"]!["namespace"], (string)item["metadata"]!["name"]!);
            var path = $"apis/{item["apiVersion"]}/{(space is null ? string.Empty : $"namespaces/{space}/")}{kind.ToLowerInvariant()}s";
            var created = await SendAsync(http, HttpMethod.Post, path, item);
            created["status"] = item["status"]?.DeepClone();
            await SendAsync(http, HttpMethod.Put, $"{path}/{name}/status", created);
        }
    }

    /// <summary>Runs the plugin with the kubeconfig of this cluster. Times are those of <see cref="Time"/> unless the clock is given.</summary>
    internal async Task<PluginResult> RunAsync(string[] words, TimeProvider? time = null, CancellationToken ct = default)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] all = words.Contains("--kubeconfig") || words is ["man" or "completion", ..] ? words : [.. words, "--kubeconfig", Kubeconfig];
        var code = await Plugin.RunAsync(all, output, error, terminal: false, time ?? Time, Folder, ct);
        return new PluginResult(code, output.ToString(), error.ToString());
    }

    private static JsonObject Parse(string document)
    {
        var tree = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(document);
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(tree))!.AsObject();
    }

    private static async Task<JsonObject> SendAsync(HttpClient http, HttpMethod method, string path, JsonObject body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)!.AsObject() : throw new InvalidOperationException($"{method} {path}: {text}");
    }
}

/// <summary>What one run of the plugin returned and wrote.</summary>
internal sealed record PluginResult(int Code, string Output, string Error);
