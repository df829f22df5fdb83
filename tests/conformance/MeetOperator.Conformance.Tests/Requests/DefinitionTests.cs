using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Testing;

namespace MeetOperator.Conformance.Tests.Requests;

/// <summary>CustomResourceDefinitions: validation and deletion.</summary>
public sealed class DefinitionTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Plain = """{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"},"tier":{"type":"string"}}}}}""";

    [Theory]
    [EveryServer]
    public async Task Definition_Invalid_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        foreach (var (name, schema, cause) in ((string, string, string)[])
                 [
                     ("wrong.example.io", """{"type":"object"}""", "FieldValueInvalid metadata.name"),
                     ("broken.example.io", Of("""{}"""), "FieldValueRequired .properties[spec].properties[x].type"),
                     ("broken.example.io", Of("""{"type":"integer","default":"one"}"""), ".properties[spec].properties[x].default"),
                     ("broken.example.io", Of("""{"type":"array"}"""), "FieldValueRequired .properties[spec].properties[x].items"),
                     ("broken.example.io", Of("""{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}"""), "FieldValueForbidden .properties[spec].properties[x].additionalProperties"),
                     ("broken.example.io", Of("""{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","properties":{"k":{"type":"string"}}}}"""), "FieldValueRequired .properties[spec].properties[x].items.properties[k].default"),
                 ])
        {
            var response = await space.RejectedAsync(422, "POST", Definitions, Definition(name, schema));

            // The path of the schema depends on the internal version of the server.
            var causes = response.Causes.Select(c => c.Replace("spec.validation.openAPIV3Schema", string.Empty, StringComparison.Ordinal).Replace("spec.versions[0].schema.openAPIV3Schema", string.Empty, StringComparison.Ordinal));
            Assert.True(causes.Any(c => c.EndsWith(cause, StringComparison.Ordinal)), $"{schema}: {cause} is not in {response}");
        }
    }

    [Theory]
    [EveryServer]
    public async Task DeleteDefinition_WithObjects_WaitsForThem(string server)
    {
        var space = await SharedAsync(server);
        var resource = new EvolvingCrd(space);
        await using var installed = await resource.InstallAsync(Plain);
        await space.OkAsync("POST", resource.Path(), resource.Body("free", """{"size":"Small"}"""));
        await space.OkAsync("POST", resource.Path(), resource.Body("held", """{"size":"Small"}""", ["example.io/hold"]));

        await space.OkAsync("DELETE", resource.DefinitionPath);
        await WaitUntilDeletedAsync(space, resource.Path("free"));
        var definition = await space.OkAsync("GET", resource.DefinitionPath);
        var rejected = await space.SendAsync("POST", resource.Path(), resource.Body("late", """{"size":"Small"}"""));
        var held = await space.OkAsync("GET", resource.Path("held"));
        await space.OkAsync("PATCH", resource.Path("held"), """{"metadata":{"finalizers":null}}""", Space.MergePatch);
        await WaitUntilDeletedAsync(space, resource.DefinitionPath);

        Assert.NotNull(definition["metadata.deletionTimestamp"]);
        Assert.Equal("""["customresourcecleanup.apiextensions.k8s.io"]""", definition["metadata.finalizers"].Json());
        Assert.NotNull(held["metadata.deletionTimestamp"]);
        Assert.Equal(server == ServerNames.Kubernetes120 ? 405 : 403, rejected.Code);
        Assert.Contains("create not allowed while custom resource definition is terminating", rejected.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "selectable fields are new in Kubernetes 1.30")]
    public async Task Definition_WithSelectableFields_SupportsFieldSelectors(string server)
    {
        var space = await OwnAsync(server);
        var resource = new EvolvingCrd(space);
        await using var installed = await resource.InstallAsync(Plain, ".spec.tier");
        await space.OkAsync("POST", resource.Path(), resource.Body("a", """{"tier":"gold"}"""));
        await space.OkAsync("POST", resource.Path(), resource.Body("b", """{"tier":"iron"}"""));
        await space.OkAsync("POST", resource.Path(), resource.Body("c", """{"size":"Small"}"""));

        async Task<IEnumerable<string>> NamesAsync(string selector) =>
            ((JsonArray)(await space.OkAsync("GET", $"{resource.Path()}?fieldSelector={Uri.EscapeDataString(selector)}"))["items"]!).Select(i => i.TextAt("metadata.name")!);

        Assert.Equal(["a"], await NamesAsync("spec.tier=gold"));
        Assert.Equal(["b", "c"], await NamesAsync("spec.tier!=gold"));
        Assert.Equal(["c"], await NamesAsync("spec.tier="));
        await space.RejectedAsync(400, "GET", resource.Path() + "?fieldSelector=spec.size%3DSmall");
    }

    private static Task WaitUntilDeletedAsync(Space space, string path) =>
        Eventually.TrueAsync(async () => (await space.SendAsync("GET", path)).Code == 404, $"{path} is deleted");

    /// <summary>A schema with one field, spec.x.</summary>
    private static string Of(string field) => "{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"properties\":{\"x\":" + field + "}}}}";

    private static string Definition(string name, string schema) => new JsonObject
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["group"] = "example.io",
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject { ["plural"] = "broken", ["kind"] = "Broken" },
            ["versions"] = new JsonArray(new JsonObject { ["name"] = "v1", ["served"] = true, ["storage"] = true, ["schema"] = new JsonObject { ["openAPIV3Schema"] = JsonNode.Parse(schema) } }),
        },
    }.ToJsonString();
}
