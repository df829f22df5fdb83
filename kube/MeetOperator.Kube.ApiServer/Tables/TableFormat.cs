using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>Builds a meta.k8s.io/v1 Table, which kubectl prints.</summary>
internal static class TableFormat
{
    public static JsonObject Of(HttpContext http, ResourceDefinition resource, IReadOnlyList<StoredObject> objects, DateTimeOffset now, long version, string? continueToken, long? remaining, bool withoutColumns = false)
    {
        var include = http.Request.Query["includeObject"].ToString();
        if (include is not ("" or "None" or "Metadata" or "Object"))
        {
            throw StatusErrors.BadRequest($"includeObject: Unsupported value: \"{include}\": supported values: \"None\", \"Metadata\", \"Object\"");
        }

        var columns = resource.IsCustom ? CustomColumns.Of(resource) : BuiltInColumns.Of(resource.Table);
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (continueToken is not null)
        {
            metadata["continue"] = continueToken;
            if (remaining is not null)
            {
                metadata["remainingItemCount"] = remaining;
            }
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
