using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>Parses the notation of <c>Core/core.txt</c> into JSON schemas with all references resolved.</summary>
internal static class CoreSchemaText
{
    public static Dictionary<string, JsonObject> Parse(string text)
    {
        var blocks = new Dictionary<string, (string Description, List<string> Fields)>(StringComparer.Ordinal);
        List<string>? fields = null;
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line[0] == ' ')
            {
                (fields ?? throw new FormatException($"a field precedes the first type: {line}")).Add(line.Trim());
                continue;
            }

            var (head, description) = Split(line);
            blocks[head] = (description, fields = []);
        }

        return blocks.Keys.ToDictionary(name => name, name => Object(name, blocks), StringComparer.Ordinal);
    }

    private static JsonObject Object(string name, Dictionary<string, (string Description, List<string> Fields)> blocks)
    {
        var (description, fields) = blocks.TryGetValue(name, out var block) ? block : throw new FormatException($"unknown type {name}");
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var field in fields)
        {
            var (head, fieldDescription) = Split(field);
            var words = head.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var schema = Type(words[1], blocks);
            schema["description"] = fieldDescription;
            foreach (var option in words.Skip(2))
            {
                if (option == "required")
                {
                    required.Add(words[0]);
                }
                else if (option.StartsWith("default=", StringComparison.Ordinal))
                {
                    schema["default"] = JsonText.Parse(option["default=".Length..]);
                }
            }

            properties[words[0]] = schema;
        }

        var result = new JsonObject { ["type"] = "object", ["description"] = description, ["properties"] = properties };
        if (required.Count > 0)
        {
            result["required"] = required;
        }

        return result;
    }

    private static JsonObject Type(string type, Dictionary<string, (string, List<string>)> blocks)
    {
        switch (type)
        {
            case "string":
                return new JsonObject { ["type"] = "string" };
            case "bool":
                return new JsonObject { ["type"] = "boolean" };
            case "int":
                return new JsonObject { ["type"] = "integer", ["format"] = "int32" };
            case "long":
                return new JsonObject { ["type"] = "integer", ["format"] = "int64" };
            case "number":
                return new JsonObject { ["type"] = "number" };
            case "bytes":
                return new JsonObject { ["type"] = "string", ["format"] = "byte" };
            case "time":
                return new JsonObject { ["type"] = "string", ["format"] = "date-time", ["nullable"] = true };
            case "quantity":
            case "intOrString":
                return new JsonObject { ["x-kubernetes-int-or-string"] = true };
            case "any":
                return new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        }

        var open = type.IndexOf('(');
        if (open < 0)
        {
            return Object(type, blocks);
        }

        var arguments = type[(open + 1)..^1].Split(',');
        var inner = Type(arguments[0], blocks);
        if (type.StartsWith("map(", StringComparison.Ordinal))
        {
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = inner };
        }

        var list = new JsonObject { ["type"] = "array", ["items"] = inner, ["x-kubernetes-list-type"] = type.StartsWith("set(", StringComparison.Ordinal) ? "set" : "atomic" };
        if (arguments.Length > 1)
        {
            var keys = arguments[1].Split('+');
            list["x-kubernetes-list-type"] = "map";
            list["x-kubernetes-list-map-keys"] = new JsonArray([.. keys.Select(k => (JsonNode)k!)]);
            list["x-kubernetes-patch-merge-key"] = keys[0];
            list["x-kubernetes-patch-strategy"] = "merge";
        }

        return list;
    }

    private static (string Head, string Description) Split(string line)
    {
        var at = line.IndexOf(" -- ", StringComparison.Ordinal);
        return at < 0 ? (line.Trim(), string.Empty) : (line[..at].Trim(), line[(at + 4)..].Trim());
    }
}
