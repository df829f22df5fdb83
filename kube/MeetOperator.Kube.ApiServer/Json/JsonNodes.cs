using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Json;

/// <summary>Reads and compares nodes that <see cref="JsonText"/> created.</summary>
internal static class JsonNodes
{
    /// <summary>The string under <paramref name="name"/>; null if absent or of another type.</summary>
    public static string? Text(this JsonObject? node, string name) =>
        node is not null && node.TryGetPropertyValue(name, out var value) ? value.AsText() : null;

    public static string? AsText(this JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static JsonObject? Object(this JsonObject? node, string name) =>
        node is not null && node.TryGetPropertyValue(name, out var value) ? value as JsonObject : null;

    public static JsonArray? Array(this JsonObject? node, string name) =>
        node is not null && node.TryGetPropertyValue(name, out var value) ? value as JsonArray : null;

    public static bool Flag(this JsonObject? node, string name) =>
        node is not null && node.TryGetPropertyValue(name, out var value) && value is JsonValue v && v.TryGetValue<bool>(out var flag) && flag;

    public static long? Integer(this JsonObject? node, string name) =>
        node is not null && node.TryGetPropertyValue(name, out var value) ? value.AsInteger() : null;

    public static long? AsInteger(this JsonNode? node)
    {
        if (node is not JsonValue value)
        {
            return null;
        }

        if (value.TryGetValue<long>(out var integer))
        {
            return integer;
        }

        if (value.TryGetValue<int>(out var small))
        {
            return small;
        }

        return value.TryGetValue<double>(out var number) && Math.Abs(number) < 9e15 && number == Math.Floor(number) ? (long)number : null;
    }

    public static double? AsNumber(this JsonNode? node)
    {
        if (node is not JsonValue value)
        {
            return null;
        }

        if (value.TryGetValue<long>(out var integer))
        {
            return integer;
        }

        if (value.TryGetValue<int>(out var small))
        {
            return small;
        }

        return value.TryGetValue<double>(out var number) ? number : null;
    }

    /// <summary>Gets or creates the object under <paramref name="name"/>.</summary>
    public static JsonObject Ensure(this JsonObject node, string name)
    {
        if (node[name] is JsonObject existing)
        {
            return existing;
        }

        var created = new JsonObject();
        node[name] = created;
        return created;
    }

    /// <summary>The kind of a JSON value; <see cref="JsonValueKind.Null"/> for a null node.</summary>
    public static JsonValueKind Kind(this JsonNode? node) => node?.GetValueKind() ?? JsonValueKind.Null;

    /// <summary>Structural equality. The order of object members does not matter, and 1 equals 1.0.</summary>
    public static bool AreEqual(JsonNode? left, JsonNode? right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        switch (left)
        {
            case null:
                return false;
            case JsonObject a:
                if (right is not JsonObject b || a.Count != b.Count)
                {
                    return false;
                }

                foreach (var (name, value) in a)
                {
                    if (!b.TryGetPropertyValue(name, out var other) || !AreEqual(value, other))
                    {
                        return false;
                    }
                }

                return true;
            case JsonArray a:
                if (right is not JsonArray items || a.Count != items.Count)
                {
                    return false;
                }

                for (var i = 0; i < a.Count; i++)
                {
                    if (!AreEqual(a[i], items[i]))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return right is JsonValue && AreScalarsEqual(left, right);
        }
    }

    private static bool AreScalarsEqual(JsonNode left, JsonNode right)
    {
        var kind = left.GetValueKind();
        if (kind != right.GetValueKind())
        {
            return false;
        }

        return kind switch
        {
            JsonValueKind.String => left.AsText() == right.AsText(),
            JsonValueKind.Number => left.AsInteger() is { } integer && right.AsInteger() is { } other ? integer == other : left.AsNumber() == right.AsNumber(),
            _ => true,
        };
    }
}
