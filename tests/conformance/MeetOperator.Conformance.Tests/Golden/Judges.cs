using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.ApiServer;
using MeetOperator.Operator.Admission;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>Who judges objects of the product's kinds: servers with its CRDs installed, and its admission in C#.</summary>
public sealed class Judges : IAsyncLifetime
{
    /// <summary>The rules in C# alone, as the admission webhook calls them after the API server has looked at the schema.</summary>
    internal const string Admission = "admission";
    private const string Namespace = "meet-a";
    private readonly Dictionary<string, ConformanceServer> _servers = new(StringComparer.Ordinal);

    /// <summary>Kubernetes 1.20 is none: it stores CEL rules and does not run them.</summary>
    internal static IEnumerable<string> Present => ServerNames.Present.Where(name => name != ServerNames.Kubernetes120).Append(Admission);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>The verdict on the last document, after those before it were taken.</summary>
    internal async Task<Verdict> AskAsync(string judge, GoldenCase given) =>
        judge == Admission ? AskAdmission(given) : await AskServerAsync(await ServerAsync(judge), given);

    internal async Task<ConformanceServer> ServerAsync(string name)
    {
        if (!_servers.TryGetValue(name, out var server))
        {
            _servers[name] = server = await ConformanceServer.StartAsync(name, new ApiServerOptions { AdmissionPolicies = [new MeetAdmission()] });
            foreach (var crd in Repository.Crds)
            {
                await Crds.InstallAsync(server, crd);
            }

            if (server.HasNamespaces)
            {
                await new Space(server, Namespace).OkAsync("POST", "/api/v1/namespaces", Space.NamespaceBody(Namespace));
            }
        }

        return server;
    }

    private static async Task<Verdict> AskServerAsync(ConformanceServer server, GoldenCase given)
    {
        var space = new Space(server, Namespace);
        var plural = Repository.Crds.Single(crd => crd.TextAt("spec.names.kind") == given.Kind).TextAt("spec.names.plural");
        var collection = $"/apis/{MeetGroup.Name}/v1alpha1/{(given.Kind == nameof(Tenant) ? string.Empty : $"namespaces/{Namespace}/")}{plural}";
        var name = $"case-{Guid.NewGuid():N}";
        var answer = default(Answer);
        foreach (var (document, index) in given.Documents.Select((document, index) => (document, index)))
        {
            var body = (JsonObject)document.DeepClone();
            body["metadata"]!["name"] = name;
            if (answer is not null)
            {
                Assert.True(answer.Code == 201, $"{given.Path}: the old object must be taken: {answer}");
                body["metadata"]!["resourceVersion"] = answer.Version;
            }

            answer = await space.SendAsync(index == 0 ? "POST" : "PUT", index == 0 ? collection : $"{collection}/{name}", body.ToJsonString());
        }

        Assert.True(answer!.Code is 200 or 201 or 422, $"{given.Path}: {answer}");
        var causes = answer["details.causes"] as JsonArray ?? [];
        return new(answer.Code != 422, [.. causes.Select(c => (c.TextAt("field") ?? string.Empty, c.TextAt("message") ?? string.Empty))], answer.ToString());
    }

    private static Verdict AskAdmission(GoldenCase given)
    {
        var decision = new MeetAdmission().Review(new AdmissionRequest
        {
            Operation = given.Documents.Count > 1 ? AdmissionOperation.Update : AdmissionOperation.Create,
            Group = MeetGroup.Name,
            Kind = given.Kind,
            Name = "x",
            Object = Parsed(given.Documents[^1]),
            OldObject = given.Documents.Count > 1 ? Parsed(given.Documents[0]) : null,
        });
        return new(decision.Allowed, [.. decision.Errors.Select(e => (e.Field, e.Message))], JsonSerializer.Serialize(decision.Errors));
    }

    private static JsonObject Parsed(JsonObject document) => JsonNode.Parse(document.ToJsonString())!.AsObject();
}
