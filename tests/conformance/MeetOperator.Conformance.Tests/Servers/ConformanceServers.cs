using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>The available servers, each started or connected once, with the resources of the tests. Objects on real servers are deleted at the end.</summary>
public sealed class ConformanceServers : IAsyncLifetime
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentDictionary<string, Lazy<Task<ConformanceServer>>> _servers = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<(ConformanceServer Server, string Namespace)> _namespaces = [];
    private int _count;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>A namespace that tests share; they distinguish their objects by name.</summary>
    internal async Task<Space> SharedAsync(string server)
    {
        var found = await _servers.GetOrAdd(server, name => new(() => PrepareAsync(name))).Value;
        return new Space(found, $"conformance-{_run}");
    }

    /// <summary>A namespace for one test that counts its objects.</summary>
    internal async Task<Space> OwnAsync(string server)
    {
        var shared = await SharedAsync(server);
        var ns = $"conformance-{_run}-{Interlocked.Increment(ref _count)}";
        await CreateNamespaceAsync(shared.Server, ns);
        return new Space(shared.Server, ns);
    }

    public async Task DisposeAsync()
    {
        foreach (var (server, ns) in _namespaces.Where(created => created.Server.Name != ServerNames.Embedded))
        {
            var space = new Space(server, ns);
            await space.SendAsync("DELETE", space.Path());
            if (server.HasNamespaces)
            {
                await space.SendAsync("DELETE", $"/api/v1/namespaces/{ns}");
            }
        }

        foreach (var started in _servers.Values.Where(s => s.Value.IsCompletedSuccessfully))
        {
            var server = await started.Value;
            if (server.Name != ServerNames.Embedded)
            {
                foreach (var crd in OwnCrds())
                {
                    await Crds.RemoveAsync(server, crd.TextAt("metadata.name")!);
                }
            }

            await server.DisposeAsync();
        }
    }

    private async Task<ConformanceServer> PrepareAsync(string name)
    {
        var server = await ConformanceServer.StartAsync(name);
        foreach (var crd in OwnCrds())
        {
            await Crds.InstallAsync(server, crd);
        }

        await CreateNamespaceAsync(server, $"conformance-{_run}");
        return server;
    }

    private async Task CreateNamespaceAsync(ConformanceServer server, string ns)
    {
        _namespaces.Add((server, ns));
        if (server.HasNamespaces)
        {
            await new Space(server, ns).OkAsync("POST", "/api/v1/namespaces", Space.NamespaceBody(ns));
        }
    }

    private static IEnumerable<JsonObject> OwnCrds()
    {
        foreach (var name in new[] { "widgets.yaml", "gadgets.yaml" })
        {
            using var reader = new StreamReader(typeof(ConformanceServers).Assembly.GetManifestResourceStream($"MeetOperator.Conformance.Tests.Resources.{name}")!);
            yield return YamlToJson.Object(reader.ReadToEnd());
        }
    }
}
