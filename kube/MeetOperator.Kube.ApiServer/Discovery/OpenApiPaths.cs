using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Discovery;

/// <summary>Builds the paths of OpenAPI documents, with the parts of operations that clients read: kinds, actions, and parameters.</summary>
internal static class OpenApiPaths
{
    public static JsonObject Of(IEnumerable<ResourceDefinition> resources)
    {
        var paths = new JsonObject();
        foreach (var resource in resources)
        {
            var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.ApiVersion}";
            var collection = resource.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : $"{root}/{resource.Plural}";
            if (resource.Namespaced)
            {
                paths[$"{root}/{resource.Plural}"] = new JsonObject { ["get"] = Operation(resource, "list", "ForAllNamespaces") };
            }

            paths[collection] = new JsonObject
            {
                ["get"] = Operation(resource, "list"),
                ["post"] = Operation(resource, "post"),
                ["delete"] = Operation(resource, "deletecollection"),
            };
            paths[collection + "/{name}"] = Item(resource, string.Empty);
            if (resource.HasStatus)
            {
                paths[collection + "/{name}/status"] = Item(resource, "Status");
            }
        }

        return paths;
    }

    private static JsonObject Item(ResourceDefinition resource, string suffix)
    {
        var item = new JsonObject
        {
            ["get"] = Operation(resource, "get", suffix),
            ["put"] = Operation(resource, "put", suffix),
            ["patch"] = Operation(resource, "patch", suffix),
        };
        if (suffix.Length == 0)
        {
            item["delete"] = Operation(resource, "delete");
        }

        return item;
    }

    private static JsonObject Operation(ResourceDefinition resource, string action, string suffix = "")
    {
        var operation = new JsonObject
        {
            ["operationId"] = $"{action}{string.Concat(resource.Group.Split('.').Select(Title))}{Title(resource.Version)}{(resource.Namespaced ? "Namespaced" : string.Empty)}{resource.Kind}{suffix}",
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = OpenApiSchemas.Kind(resource, resource.Kind),
        };
        if (action is "post" or "put" or "patch")
        {
            operation["parameters"] = new JsonArray(Parameter("dryRun"), Parameter("fieldManager"), Parameter("fieldValidation"));
        }

        return operation;
    }

    private static JsonObject Parameter(string name) => new()
    {
        ["in"] = "query",
        ["name"] = name,
        ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
    };

    private static string Title(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
