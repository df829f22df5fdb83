using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Discovery;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Serves the paths that name no resource: discovery, OpenAPI, metrics.</summary>
internal sealed class DocumentEndpoint(ResourceRegistry registry, ObjectStore store)
{
    private readonly OpenApiDocuments _openApi = new(registry);

    public Task HandleAsync(HttpContext http, string path)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            throw StatusErrors.PathNotFound();
        }

        var parts = path.Trim('/').Split('/');
        JsonNode? document = parts switch
        {
            [""] => new JsonObject { ["paths"] = new JsonArray("/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version") },
            ["version"] => DiscoveryDocuments.Version(),
            ["api"] => DiscoveryDocuments.CoreVersions(http.Request.Host.Value ?? string.Empty),
            ["apis"] => DiscoveryDocuments.Groups(registry.All),
            ["api", var version] => DiscoveryDocuments.Resources(registry.All, string.Empty, version),
            ["apis", var group] => DiscoveryDocuments.Group(registry.All, group),
            ["apis", var group, var version] => DiscoveryDocuments.Resources(registry.All, group, version),
            _ => null,
        };
        if (document is not null)
        {
            return Responses.WriteAsync(http, 200, document);
        }

        if (_openApi.Find(path.Trim('/')) is { } openApi)
        {
            return OpenApiAsync(http, openApi, path.Contains("/v2", StringComparison.Ordinal));
        }

        return parts is ["metrics"]
            ? Responses.WriteAsync(http, 200, Encoding.UTF8.GetBytes(Metrics()), "text/plain; version=0.0.4; charset=utf-8")
            : throw StatusErrors.PathNotFound();
    }

    /// <summary>A client that accepts only protobuf gets 406; kubectl then continues without the document.</summary>
    private static Task OpenApiAsync(HttpContext http, byte[] document, bool v2)
    {
        var accept = http.Request.Headers.Accept.ToString();
        if (v2 && accept.Contains("protobuf", StringComparison.Ordinal) && !accept.Contains("json", StringComparison.Ordinal))
        {
            throw new StatusException(406, "NotAcceptable", "only the following media types are accepted: application/json");
        }

        return Responses.WriteAsync(http, 200, document);
    }

    private string Metrics()
    {
        var text = new StringBuilder();
        text.Append("# HELP apiserver_storage_objects Number of stored objects.\n# TYPE apiserver_storage_objects gauge\n");
        foreach (var table in registry.All.Select(r => r.Table).Distinct())
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"apiserver_storage_objects{{resource=\"{table}\"}} {store.Count(table)}\n");
        }

        text.Append("# HELP apiserver_registered_watchers Number of open watches.\n# TYPE apiserver_registered_watchers gauge\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"apiserver_registered_watchers {store.Hub.WatcherCount}\n");
        text.Append("# HELP apiserver_resource_version Version of the latest write.\n# TYPE apiserver_resource_version counter\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"apiserver_resource_version {store.Version}\n");
        return text.ToString();
    }
}
