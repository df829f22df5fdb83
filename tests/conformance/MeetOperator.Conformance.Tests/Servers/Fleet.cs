using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>The servers that are there, each started or reached once, with the tests' own resources installed; what was made on a real one is removed at the end.</summary>
public sealed class Fleet : IAsyncLifetime
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentDictionary<string, Lazy<Task<ConformanceServer>>> _servers = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<(ConformanceServer Server, string Namespace)> _namespaces = [];
    private int _count;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>The namespace that tests share: they tell their objects by name.</summary>
    internal async Task<Space> SharedAsync(string server)
    {
        var found = await _servers.GetOrAdd(server, name => new(() => PrepareAsync(name))).Value;
        return new Space(found, $"conformance-{_run}");
    }

    /// <summary>A namespace for one test that counts what is in it.</summary>
    internal async Task<Space> OwnAsync(string server)
    {
        var shared = await SharedAsync(server);
        var ns = $"conformance-{_run}-{Interlocked.Increment(ref _count)}";
        await MakeNamespaceAsync(shared.Server, ns);
        return new Space(shared.Server, ns);
    }

    public async Task DisposeAsync()
    {
        foreach (var (server, ns) in _namespaces.Where(made => made.Server.Name != ServerNames.Embedded))
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

        await MakeNamespaceAsync(server, $"conformance-{_run}");
        return server;
    }

    private async Task MakeNamespaceAsync(ConformanceServer server, string ns)
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
            using var reader = new StreamReader(typeof(Fleet).Assembly.GetManifestResourceStream($"MeetOperator.Conformance.Tests.Resources.{name}")!);
            yield return YamlToJson.Object(reader.ReadToEnd());
        }
    }
}
