using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Tables;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Serves get and list, as plain objects or as tables.</summary>
internal sealed class ReadEndpoint(ObjectStore store, WatchEndpoint watches, TimeProvider time)
{
    public Task GetAsync(HttpContext http, ResourceDefinition resource, string? ns, string name)
    {
        var found = store.Get(new ObjectKey(resource.Table, ns, name)) ?? throw StatusErrors.NotFound(resource, name);
        return WriteObjectAsync(http, 200, resource, found);
    }

    public Task ListOrWatchAsync(HttpContext http, ResourceDefinition resource, string? ns)
    {
        if (http.Request.Query["watch"].ToString() is "true" or "1")
        {
            return watches.WatchAsync(http, resource, ns);
        }

        var query = http.Request.Query;
        var (objects, version) = Select(http, resource, ns);
        if (query["resourceVersion"].ToString() is { Length: > 0 } wanted)
        {
            if (!long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var least))
            {
                throw StatusErrors.BadRequest($"resourceVersion: Invalid value: \"{wanted}\": must be a number");
            }

            if (least > version)
            {
                throw new StatusException(504, "Timeout", $"Too large resource version: {least}, current: {version}", new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }), ["retryAfterSeconds"] = 1 }, "1");
            }
        }

        string? next = null;
        long? remaining = null;
        if (query["continue"].ToString() is { Length: > 0 } token)
        {
            (objects, version) = Continue(http, resource, ns, token);
        }

        if (query["limit"].ToString() is { Length: > 0 } text)
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit))
            {
                throw StatusErrors.BadRequest($"limit: Invalid value: \"{text}\": must be a number");
            }

            if (limit > 0 && objects.Count > limit)
            {
                // As in Kubernetes, a list with a selector reports no remaining item count.
                remaining = query["labelSelector"].ToString().Length + query["fieldSelector"].ToString().Length > 0 ? null : objects.Count - limit;
                objects = objects[..limit];
                next = ContinueToken.Write(version, objects[^1].Key);
            }
        }

        return Tables.Representation.Requested(http) switch
        {
            Tables.Representation.Table => Responses.WriteAsync(http, 200, Tables.TableFormat.Of(http, resource, objects, time.GetUtcNow(), version, next, remaining)),
            Tables.Representation.Metadata => WriteListAsync(http, Tables.Representation.MetadataList, objects.Select(Tables.Representation.MetadataOf), version, next, remaining),
            _ => WriteListAsync(http, (resource.ListKind, resource.ApiVersion), objects.Select(o => Bytes(o, resource)), version, next, remaining),
        };
    }

    /// <summary>The objects after the token's key, in the version of the first page.</summary>
    private (List<StoredObject> Objects, long Version) Continue(HttpContext http, ResourceDefinition resource, string? ns, string token)
    {
        var (from, after) = ContinueToken.Read(token);
        var (objects, version) = from == ContinueToken.LatestVersion ? Select(http, resource, ns) : ([], from);
        if (from != ContinueToken.LatestVersion)
        {
            objects = store.ListAt(resource.Table, ns, from) ?? throw StatusErrors.ExpiredPage(ContinueToken.Write(ContinueToken.LatestVersion, after));
            ApplySelectors(objects, Selection.Read(http, resource));
        }

        return ([.. objects.SkipWhile(o => ContinueToken.Compare(o.Key, after) <= 0)], version);
    }

    private static void ApplySelectors(List<StoredObject> objects, (Selectors.LabelSelector Labels, Selectors.FieldSelector Fields) selection)
    {
        var (labels, fields) = selection;
        if (!labels.IsEverything || !fields.IsEverything)
        {
            objects.RemoveAll(o => !labels.Matches(o.Labels) || !fields.Matches(o));
        }
    }

    /// <summary>The objects that match the selectors of the request, and the resource version of the list.</summary>
    public (List<StoredObject> Objects, long Version) Select(HttpContext http, ResourceDefinition resource, string? ns)
    {
        var (labels, fields) = Selection.Read(http, resource);
        if (fields.Name is { } name && ns is not null)
        {
            var version = store.Version;
            var single = store.Get(new ObjectKey(resource.Table, ns, name));
            return (single is not null && labels.Matches(single.Labels) && fields.Matches(single) ? [single] : [], version);
        }

        var (objects, shown) = store.List(resource.Table, ns);
        ApplySelectors(objects, (labels, fields));
        return (objects, shown);
    }

    public Task WriteObjectAsync(HttpContext http, int code, ResourceDefinition resource, StoredObject stored) =>
        Tables.Representation.Requested(http) switch
        {
            Tables.Representation.Table => Responses.WriteAsync(http, code, Tables.TableFormat.Of(http, resource, [stored], time.GetUtcNow(), stored.Version, null, null)),
            Tables.Representation.Metadata => Responses.WriteAsync(http, code, Tables.Representation.MetadataOf(stored)),
            _ => Responses.WriteAsync(http, code, Bytes(stored, resource)),
        };

    public Task WriteListAsync(HttpContext http, (string Kind, string ApiVersion) list, IEnumerable<byte[]> items, long version, string? continueToken, long? remaining)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (continueToken is not null)
        {
            metadata["continue"] = continueToken;
            if (remaining is not null)
            {
                metadata["remainingItemCount"] = remaining;
            }
        }

        Encoding.UTF8.GetBytes($"{{\"kind\":\"{list.Kind}\",\"apiVersion\":\"{list.ApiVersion}\",\"metadata\":", buffer);
        JsonText.Write(buffer, metadata);
        buffer.Write(",\"items\":["u8);
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                buffer.Write(","u8);
            }

            first = false;
            buffer.Write(item);
        }

        buffer.Write("]}"u8);
        return Responses.WriteAsync(http, 200, buffer.WrittenMemory);
    }

    /// <summary>The response bytes. They are serialized again only if the request is for another API version than the stored one.</summary>
    public static byte[] Bytes(StoredObject stored, ResourceDefinition resource) =>
        resource.Version == resource.StorageVersion ? stored.Json : JsonText.ToBytes(ObjectWriter.ToServed(stored.Root, resource));
}
