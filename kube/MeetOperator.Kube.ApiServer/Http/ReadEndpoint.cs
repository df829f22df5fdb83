using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Selectors;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>get and list, in plain form or as tables.</summary>
internal sealed class ReadEndpoint(ObjectStore store, WatchEndpoint watches, TimeProvider time)
{
    public Task GetAsync(HttpContext http, ResourceDefinition resource, string? ns, string name)
    {
        var found = store.Get(new ObjectKey(resource.Table, ns, name)) ?? throw Refusal.NotFound(resource, name);
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
                throw Refusal.BadRequest($"resourceVersion: Invalid value: \"{wanted}\": must be a number");
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
            var (from, after) = ContinueToken.Read(token);
            if (from < store.Hub.CompactedVersion(resource.Table))
            {
                throw Refusal.Expired("The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.");
            }

            version = from;
            objects = [.. objects.SkipWhile(o => ContinueToken.Compare(o.Key, after) <= 0)];
        }

        if (query["limit"].ToString() is { Length: > 0 } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            {
                throw Refusal.BadRequest($"limit: Invalid value: \"{text}\": must be a number of at least 0");
            }

            if (limit > 0 && objects.Count > limit)
            {
                remaining = objects.Count - limit;
                objects = objects[..limit];
                next = ContinueToken.Write(version, objects[^1].Key);
            }
        }

        return Tables.TableFormat.IsAsked(http)
            ? Responses.WriteAsync(http, 200, Tables.TableFormat.Of(http, resource, objects, time.GetUtcNow(), version, next, remaining))
            : WriteListAsync(http, resource, objects.Select(o => Bytes(o, resource)), version, next, remaining);
    }

    /// <summary>The objects that the request's selectors choose, and the version that they show.</summary>
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
        if (!labels.IsEverything || !fields.IsEverything)
        {
            objects.RemoveAll(o => !labels.Matches(o.Labels) || !fields.Matches(o));
        }

        return (objects, shown);
    }

    public Task WriteObjectAsync(HttpContext http, int code, ResourceDefinition resource, StoredObject stored) =>
        Tables.TableFormat.IsAsked(http)
            ? Responses.WriteAsync(http, code, Tables.TableFormat.Of(http, resource, [stored], time.GetUtcNow(), stored.Version, null, null))
            : Responses.WriteAsync(http, code, Bytes(stored, resource));

    public Task WriteListAsync(HttpContext http, ResourceDefinition resource, IEnumerable<byte[]> items, long version, string? continueToken, long? remaining)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (continueToken is not null)
        {
            metadata["continue"] = continueToken;
            metadata["remainingItemCount"] = remaining;
        }

        Encoding.UTF8.GetBytes($"{{\"kind\":\"{resource.ListKind}\",\"apiVersion\":\"{resource.ApiVersion}\",\"metadata\":", buffer);
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

    /// <summary>The response bytes; made anew only when another version than the stored one is asked for.</summary>
    public static byte[] Bytes(StoredObject stored, ResourceDefinition resource) =>
        resource.Version == resource.StorageVersion ? stored.Json : JsonText.ToBytes(ObjectWriter.ToServed(stored.Root, resource));
}
