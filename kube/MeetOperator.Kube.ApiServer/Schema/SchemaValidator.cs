using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Validates a value against a structural schema. The messages are those of the Kubernetes API server.</summary>
internal static class SchemaValidator
{
    /// <summary>Maximum number of reported field errors.</summary>
    private const int MaxCauses = 100;

    public static List<Cause> Validate(JsonObject root, SchemaNode schema)
    {
        var causes = new List<Cause>();
        Check(root, schema, new ValuePath(), causes, isResource: true);
        return causes;
    }

    private static void Check(JsonNode? value, SchemaNode schema, ValuePath path, List<Cause> causes, bool isResource = false)
    {
        if (causes.Count >= MaxCauses)
        {
            return;
        }

        if (value is null)
        {
            if (!schema.Nullable && schema.Type is not null && !path.IsRoot)
            {
                causes.Add(Cause.TypeInvalid(path.ToString(), "\"null\"", $"{path} in body must be of type {schema.Type}: \"null\""));
            }

            return;
        }

        if (!HasType(value, schema, out var expected))
        {
            var actual = TypeName(value);
            if (schema is { Type: "integer", Format: { } format } && actual == "number")
            {
                // For a number with a fraction, the API server reports the Go type and the expected format.
                (actual, expected) = ("float64", format);
            }

            causes.Add(Cause.TypeInvalid(path.ToString(), $"\"{actual}\"", $"{path} in body must be of type {expected}: \"{actual}\""));
            return;
        }

        CheckEnum(value, schema, path, causes);
        CheckCombinations(value, schema, path, causes);
        switch (value)
        {
            case JsonObject map:
                CheckMap(map, schema, path, causes, isResource);
                break;
            case JsonArray list:
                ListRules.Check(list, schema, path, causes);
                for (var i = 0; schema.Items is { } items && i < list.Count; i++)
                {
                    path.Push(i);
                    Check(list[i], items, path, causes);
                    path.Pop();
                }

                break;
            default:
                ScalarRules.Check(value, schema, path, causes);
                break;
        }
    }

    private static void CheckMap(JsonObject map, SchemaNode schema, ValuePath path, List<Cause> causes, bool isResource)
    {
        foreach (var name in schema.Required)
        {
            if (!map.ContainsKey(name) && !(isResource && name is "metadata" or "apiVersion" or "kind"))
            {
                causes.Add(Cause.Required(path.With(name)));
            }
        }

        if (schema.MaxProperties is { } most && map.Count > most)
        {
            causes.Add(new Cause("FieldValueTooMany", path.ToString(), $"Too many: {map.Count}: must have at most {most} items"));
        }

        if (schema.MinProperties is { } least && map.Count < least)
        {
            causes.Add(Cause.Invalid(path.ToString(), map.Count.ToString(CultureInfo.InvariantCulture), $"{path} in body should have at least {least} properties"));
        }

        foreach (var (name, member) in map)
        {
            if (isResource && name is "apiVersion" or "kind" or "metadata")
            {
                continue;
            }

            if (schema.Member(name) is { } known && !ReferenceEquals(known, SchemaNode.Anything))
            {
                path.Push(name);
                Check(member, known, path, causes);
                path.Pop();
            }
        }
    }

    private static void CheckEnum(JsonNode value, SchemaNode schema, ValuePath path, List<Cause> causes)
    {
        if (schema.Enum is { } allowed && !allowed.Any(a => JsonNodes.AreEqual(a, value)))
        {
            causes.Add(Cause.NotSupported(path.ToString(), Display(value), allowed.Select(a => Display(a))));
        }
    }

    private static void CheckCombinations(JsonNode value, SchemaNode schema, ValuePath path, List<Cause> causes)
    {
        foreach (var all in schema.AllOf)
        {
            Check(value, all, path, causes);
        }

        if (schema.AnyOf.Count > 0 && !schema.IntOrString && !schema.AnyOf.Any(s => FindCauses(value, s, path).Count == 0))
        {
            causes.Add(CauseWithoutField($"\"{path}\" must validate at least one schema (anyOf)"));
            causes.AddRange(FindCauses(value, schema.AnyOf[0], path));
        }

        if (schema.OneOf.Count > 0 && schema.OneOf.Count(s => FindCauses(value, s, path).Count == 0) is var matching && matching != 1)
        {
            var found = matching == 0 ? "Found none valid" : $"Found {matching} valid alternatives";
            causes.Add(CauseWithoutField($"\"{path}\" must validate one and only one schema (oneOf). {found}"));
            causes.AddRange(matching == 0 ? FindCauses(value, schema.OneOf[0], path) : []);
        }

        if (schema.Not is { } not && FindCauses(value, not, path).Count == 0)
        {
            causes.Add(CauseWithoutField($"\"{path}\" must not validate the schema (not)"));
        }
    }

    /// <summary>An error about a combination of schemas. The API server reports it without a field.</summary>
    private static Cause CauseWithoutField(string message) => Cause.Invalid(string.Empty, "\"\"", message);

    private static List<Cause> FindCauses(JsonNode value, SchemaNode schema, ValuePath path)
    {
        var inner = new List<Cause>();
        Check(value, schema, path, inner);
        return inner;
    }

    private static bool HasType(JsonNode value, SchemaNode schema, out string expected)
    {
        if (schema.IntOrString)
        {
            expected = "integer,string";
            return value.GetValueKind() == JsonValueKind.String || value.AsInteger() is not null;
        }

        expected = schema.Type ?? string.Empty;
        return schema.Type switch
        {
            null or "" => true,
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => value.GetValueKind() == JsonValueKind.String,
            "boolean" => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.AsInteger() is not null,
            "number" => value.GetValueKind() == JsonValueKind.Number,
            _ => true,
        };
    }

    private static string TypeName(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.AsInteger() is null ? "number" : "integer",
        _ => "boolean",
    };

    internal static string Display(JsonNode? value) => value switch
    {
        null => "\"null\"",
        JsonObject or JsonArray => JsonText.ToText(value),
        _ when value.GetValueKind() == JsonValueKind.String => $"\"{value.AsText()}\"",
        _ => JsonText.ToText(value),
    };
}
