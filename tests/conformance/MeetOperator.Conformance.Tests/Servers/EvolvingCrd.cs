using System.Text.Json.Nodes;
using MeetOperator.Testing;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>A resource whose schema changes while its objects are stored.</summary>
internal sealed class EvolvingCrd(Space space)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private const string Group = "evolving.example.io";
    private readonly string _plural = $"things{Guid.NewGuid():N}"[..16];

    /// <summary>Whether the resource has a status subresource.</summary>
    public bool HasStatus { get; init; }

    public string Path(string rest = "") => $"/apis/{Group}/v1/namespaces/{space.Namespace}/{_plural}{(rest.Length == 0 ? string.Empty : "/" + rest)}";

    /// <summary>The path of the definition.</summary>
    public string DefinitionPath => $"{Definitions}/{_plural}.{Group}";

    public string Resource => $"{_plural}.{Group}";

    public string Body(string name, string spec, JsonArray? finalizers = null) => new JsonObject
    {
        ["apiVersion"] = $"{Group}/v1",
        ["kind"] = Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["finalizers"] = finalizers },
        ["spec"] = JsonNode.Parse(spec),
    }.ToJsonString();

    /// <summary>Installs the resource with a schema; disposing the result removes it.</summary>
    public async Task<IAsyncDisposable> InstallAsync(string schema, params string[] selectableFields)
    {
        var definition = Definition(schema);
        definition["spec"]!["versions"]![0]!["selectableFields"] = new JsonArray([.. selectableFields.Select(path => new JsonObject { ["jsonPath"] = path })]);
        await Crds.InstallAsync(space.Server, definition);
        return new Removal(space.Server, $"{_plural}.{Group}");
    }

    /// <summary>Changes the schema, and waits until <paramref name="isActive"/> reports that the server uses the new one.</summary>
    public async Task ChangeAsync(string schema, Func<Task<bool>> isActive)
    {
        await Crds.InstallAsync(space.Server, Definition(schema));
        await Eventually.TrueAsync(isActive, "the server uses the new schema");
    }

    private string Kind => "T" + _plural[1..];

    private JsonObject Definition(string schema) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = $"{_plural}.{Group}" },
        ["spec"] = new JsonObject
        {
            ["group"] = Group,
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject { ["plural"] = _plural, ["kind"] = Kind },
            ["versions"] = new JsonArray(new JsonObject
            {
                ["name"] = "v1",
                ["served"] = true,
                ["storage"] = true,
                ["schema"] = new JsonObject { ["openAPIV3Schema"] = JsonNode.Parse(schema) },
                ["subresources"] = HasStatus ? new JsonObject { ["status"] = new JsonObject() } : null,
            }),
        },
    };

    private sealed class Removal(ConformanceServer server, string name) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Crds.RemoveAsync(server, name);
    }
}
