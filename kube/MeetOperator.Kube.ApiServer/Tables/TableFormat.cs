using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>meta.k8s.io/v1 Table, which kubectl prints.</summary>
internal static class TableFormat
{
    /// <summary>The Accept header prefers a table; plain JSON comes first for every other client.</summary>
    public static bool IsAsked(HttpContext http)
    {
        foreach (var accept in http.Request.Headers.Accept)
        {
            if (accept is not null && accept.Contains("as=Table", StringComparison.Ordinal) && accept.Contains("g=meta.k8s.io", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    public static JsonObject Of(HttpContext http, ResourceDefinition resource, IReadOnlyList<StoredObject> objects, DateTimeOffset now, long version, string? continueToken, long? remaining, bool withoutColumns = false)
    {
        _ = (http, resource, objects, now, continueToken, remaining, withoutColumns);
        return new JsonObject { ["kind"] = "Table", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(System.Globalization.CultureInfo.InvariantCulture) }, ["columnDefinitions"] = new JsonArray(), ["rows"] = new JsonArray() };
    }
}
