using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Patch;

/// <summary>JSON Patch (RFC 6902) with JSON Pointers (RFC 6901).</summary>
internal static class JsonPatch
{
    private const int MaxOperations = 10_000;

    /// <summary>The patched value. Like the API server, throws a 422 error if an operation cannot be applied.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonArray operations)
    {
        if (operations.Count > MaxOperations)
        {
            throw new StatusException(413, "RequestEntityTooLarge", $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");
        }

        var root = new JsonObject { ["root"] = target };
        foreach (var node in operations)
        {
            if (node is not JsonObject operation || operation.Text("op") is not { } op || operation.Text("path") is not { } path)
            {
                throw StatusErrors.BadRequest("json patch: every operation needs 'op' and 'path'");
            }

            Run(root, op, path, operation);
        }

        var result = root["root"];
        root.Remove("root");
        return result;
    }

    private static void Run(JsonObject root, string op, string path, JsonObject operation)
    {
        switch (op)
        {
            case "add":
                Add(root, path, Value(operation));
                break;
            case "remove":
                Remove(root, path);
                break;
            case "replace":
                if (path.Length == 0)
                {
                    root["root"] = Value(operation);
                    break;
                }

                Remove(root, path);
                Add(root, path, Value(operation));
                break;
            case "move":
                Add(root, path, Remove(root, From(operation)));
                break;
            case "copy":
                Add(root, path, Find(root, From(operation))?.DeepClone());
                break;
            case "test":
                if (!JsonNodes.AreEqual(Find(root, path), operation["value"]))
                {
                    throw Unprocessable($"testing value {path} failed");
                }

                break;
            default:
                throw StatusErrors.BadRequest($"json patch: unknown operation '{op}'");
        }
    }

    private static JsonNode? Value(JsonObject operation) =>
        operation.ContainsKey("value") ? operation["value"]?.DeepClone() : throw StatusErrors.BadRequest("json patch: the operation needs 'value'");

    private static string From(JsonObject operation) => operation.Text("from") ?? throw StatusErrors.BadRequest("json patch: the operation needs 'from'");

    private static void Add(JsonObject root, string path, JsonNode? value)
    {
        var (parent, last) = Parent(root, path);
        switch (parent)
        {
            case JsonObject map:
                map[last] = value;
                break;
            case JsonArray list:
                var at = last == "-" ? list.Count : Index(last, path);
                if (at > list.Count)
                {
                    throw Unprocessable($"add operation does not apply: doc is missing path: \"{path}\"");
                }

                list.Insert(at, value);
                break;
            default:
                throw Unprocessable($"add operation does not apply: doc is missing path: \"{path}\"");
        }
    }

    private static JsonNode? Remove(JsonObject root, string path)
    {
        var (parent, last) = Parent(root, path);
        if (parent is JsonObject map && map.TryGetPropertyValue(last, out var member))
        {
            map.Remove(last);
            return member;
        }

        if (parent is JsonArray list && last != "-" && Index(last, path) is var at && at < list.Count)
        {
            var item = list[at];
            list.RemoveAt(at);
            return item;
        }

        throw Unprocessable($"remove operation does not apply: doc is missing path: \"{path}\"");
    }

    private static JsonNode? Find(JsonObject root, string path)
    {
        var (parent, last) = Parent(root, path);
        return parent switch
        {
            JsonObject map when map.TryGetPropertyValue(last, out var member) => member,
            JsonArray list when last != "-" && Index(last, path) is var at && at < list.Count => list[at],
            _ => throw Unprocessable($"the path \"{path}\" does not exist"),
        };
    }

    private static (JsonNode? Parent, string Last) Parent(JsonObject root, string path)
    {
        if (path.Length > 0 && path[0] != '/')
        {
            throw StatusErrors.BadRequest($"json patch: the path \"{path}\" must start with '/'");
        }

        var names = path.Split('/').Select(n => n.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        names[0] = "root";
        JsonNode? node = root;
        foreach (var name in names.AsSpan(0, names.Length - 1))
        {
            node = node switch
            {
                JsonObject map when map.TryGetPropertyValue(name, out var member) => member,
                JsonArray list when Index(name, path) is var at && at < list.Count => list[at],
                _ => throw Unprocessable($"the path \"{path}\" does not exist"),
            };
        }

        return (node, names[^1]);
    }

    private static int Index(string text, string path) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : throw Unprocessable($"the path \"{path}\" does not name a list item");

    private static StatusException Unprocessable(string message) =>
        new(422, "Invalid", $"the server rejected our request due to an error in our request: {message}", new JsonObject());
}
