using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Http;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>meta.k8s.io/v1 Table, which kubectl prints.</summary>
internal static class TableFormat
{
    /// <summary>The client's first choice is a table that we can make.</summary>
    public static bool IsAsked(HttpContext http)
    {
        var accept = http.Request.Headers.Accept.ToString();
        if (accept.Length == 0 || !accept.Contains("as=Table", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var choice in accept.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] != "application/json")
            {
                continue;
            }

            return parts.Contains("as=Table") && parts.Contains("g=meta.k8s.io") && parts.Contains("v=v1");
        }

        return false;
    }

    public static JsonObject Of(HttpContext http, ResourceDefinition resource, IReadOnlyList<StoredObject> objects, DateTimeOffset now, long version, string? continueToken, long? remaining, bool withoutColumns = false)
    {
        var include = http.Request.Query["includeObject"].ToString();
        if (include is not ("" or "None" or "Metadata" or "Object"))
        {
            throw Refusal.BadRequest($"includeObject: Unsupported value: \"{include}\": supported values: \"None\", \"Metadata\", \"Object\"");
        }

        var columns = resource.IsCustom ? CustomColumns.Of(resource) : BuiltInColumns.Of(resource.Table);
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (continueToken is not null)
        {
            metadata["continue"] = continueToken;
            metadata["remainingItemCount"] = remaining;
        }

        var rows = new JsonArray();
        foreach (var stored in objects)
        {
            var root = stored.Root;
            var row = new JsonObject { ["cells"] = new JsonArray([.. columns.Select(c => c.Cell(root, now))]) };
            if (include != "None")
            {
                row["object"] = include == "Object" ? Lifecycle.ObjectWriter.ToServed(root, resource).DeepClone() : new JsonObject
                {
                    ["kind"] = "PartialObjectMetadata",
                    ["apiVersion"] = "meta.k8s.io/v1",
                    ["metadata"] = root["metadata"]!.DeepClone(),
                };
            }

            rows.Add(row);
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = new JsonArray([.. withoutColumns ? [] : columns.Select(c => (JsonNode)c.Definition())]),
            ["rows"] = rows,
        };
    }
}
