using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Operator.Admission;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>The reviewers of objects of the product's kinds: servers with its CRDs, and its admission rules in C#.</summary>
public sealed class Reviewers : IAsyncLifetime
{
    /// <summary>Only the rules in C#, which the admission webhook runs after the schema validation of the API server.</summary>
    internal const string Admission = "admission";
    private const string Namespace = "meet-a";
    private readonly Dictionary<string, ConformanceServer> _servers = new(StringComparer.Ordinal);

    /// <summary>The available reviewers. Kubernetes 1.20 is not one of them, because it does not evaluate CEL rules.</summary>
    internal static IEnumerable<string> Available => ServerNames.Available.Where(name => name != ServerNames.Kubernetes120).Append(Admission);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>The result for the last document, after the earlier documents were accepted.</summary>
    internal async Task<ReviewResult> ReviewAsync(string reviewer, GoldenCase given) =>
        reviewer == Admission ? ReviewByAdmission(given) : await ReviewByServerAsync(await ServerAsync(reviewer), given);

    internal async Task<ConformanceServer> ServerAsync(string name)
    {
        if (!_servers.TryGetValue(name, out var server))
        {
            _servers[name] = server = await ConformanceServer.StartAsync(name, new ApiServerOptions { AdmissionPolicies = [new MeetAdmission()] });
            foreach (var crd in ProductCrds.All)
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

    private static async Task<ReviewResult> ReviewByServerAsync(ConformanceServer server, GoldenCase given)
    {
        var space = new Space(server, Namespace);
        var plural = ProductCrds.All.Single(crd => crd.TextAt("spec.names.kind") == given.Kind).TextAt("spec.names.plural");
        var collection = $"/apis/{MeetGroup.Name}/v1alpha1/{(given.Kind == nameof(Tenant) ? string.Empty : $"namespaces/{Namespace}/")}{plural}";
        var name = $"case-{Guid.NewGuid():N}";
        var response = default(ApiResponse);
        foreach (var (document, index) in given.Documents.Select((document, index) => (document, index)))
        {
            var body = (JsonObject)document.DeepClone();
            body["metadata"]!["name"] = name;
            if (response is not null)
            {
                Assert.True(response.Code == 201, $"{given.Path}: the old object must be accepted: {response}");
                body["metadata"]!["resourceVersion"] = response.Version;
            }

            response = await space.SendAsync(index == 0 ? "POST" : "PUT", index == 0 ? collection : $"{collection}/{name}", body.ToJsonString());
        }

        Assert.True(response!.Code is 200 or 201 or 422, $"{given.Path}: {response}");
        var causes = response["details.causes"] as JsonArray ?? [];
        return new(response.Code != 422, [.. causes.Select(c => (c.TextAt("field") ?? string.Empty, c.TextAt("message") ?? string.Empty))], response.ToString());
    }

    private static ReviewResult ReviewByAdmission(GoldenCase given)
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
