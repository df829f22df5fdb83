using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>The representation that a client requests: plain objects, table rows, or metadata only.</summary>
internal static class Representation
{
    public const string Plain = "";
    public const string Table = "Table";
    public const string Metadata = "PartialObjectMetadata";
    public static readonly (string Kind, string ApiVersion) MetadataList = ("PartialObjectMetadataList", "meta.k8s.io/v1");

    /// <summary>The representation of the first JSON media type in the Accept header.</summary>
    public static string Requested(HttpContext http)
    {
        var accept = http.Request.Headers.Accept.ToString();
        if (!accept.Contains("as=", StringComparison.Ordinal))
        {
            return Plain;
        }

        foreach (var choice in accept.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] == "application/json")
            {
                return !parts.Contains("g=meta.k8s.io") || !parts.Contains("v=v1") ? Plain
                    : parts.Contains("as=Table") ? Table
                    : parts.Contains("as=PartialObjectMetadata") || parts.Contains("as=PartialObjectMetadataList") ? Metadata
                    : Plain;
            }
        }

        return Plain;
    }

    public static byte[] MetadataOf(StoredObject stored) => JsonText.ToBytes(new JsonObject
    {
        ["kind"] = Metadata,
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = stored.Root["metadata"]!.DeepClone(),
    });
}
