using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Discovery;

/// <summary>Builds /openapi/v2 and /openapi/v3, and caches the bytes until the served resources change.</summary>
internal sealed class OpenApiDocuments(ResourceRegistry registry)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _cache = [];
    private int _revision = -1;

    /// <summary>The document, or null if the path names none.</summary>
    public byte[]? Find(string path) => path switch
    {
        "openapi/v2" => Cached(path, V2),
        "openapi/v3" => Cached(path, Index),
        _ when path.StartsWith("openapi/v3/", StringComparison.Ordinal) => Document(path["openapi/v3/".Length..]),
        _ => null,
    };

    private byte[]? Document(string groupVersion)
    {
        var resources = registry.All.Where(r => PathOf(r) == groupVersion).ToList();
        return resources.Count == 0 ? null : Cached("openapi/v3/" + groupVersion, () => new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" },
            ["paths"] = OpenApiPaths.Of(resources),
            ["components"] = new JsonObject { ["schemas"] = OpenApiSchemas.Of(resources, "#/components/schemas/") },
        });
    }

    private JsonObject Index()
    {
        var paths = new JsonObject();
        foreach (var path in registry.All.Select(PathOf).Distinct())
        {
            paths[path] = new JsonObject { ["serverRelativeURL"] = string.Create(CultureInfo.InvariantCulture, $"/openapi/v3/{path}?hash={registry.Revision:X8}") };
        }

        return new JsonObject { ["paths"] = paths };
    }

    private JsonObject V2() => new()
    {
        ["swagger"] = "2.0",
        ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" },
        ["paths"] = OpenApiPaths.Of(registry.All),
        ["definitions"] = OpenApiSchemas.Of(registry.All, "#/definitions/"),
    };

    private static string PathOf(ResourceDefinition resource) => resource.Group.Length == 0 ? $"api/{resource.Version}" : $"apis/{resource.ApiVersion}";

    private byte[] Cached(string key, Func<JsonObject> build)
    {
        lock (_lock)
        {
            if (_revision != registry.Revision)
            {
                _cache.Clear();
                _revision = registry.Revision;
            }

            if (!_cache.TryGetValue(key, out var bytes))
            {
                _cache[key] = bytes = JsonText.ToBytes(build());
            }

            return bytes;
        }
    }
}
