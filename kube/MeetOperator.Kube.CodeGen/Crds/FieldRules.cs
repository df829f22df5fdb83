using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.CodeGen.Crds;

/// <summary>Adds the validation attributes of a property to its schema.</summary>
internal static class FieldRules
{
    public static void Apply(JsonObject schema, PropertyInfo property, string path)
    {
        var isArray = IsType(schema, "array");
        var isMap = schema.ContainsKey("additionalProperties");
        var value = isArray ? schema["items"]!.AsObject() : isMap ? schema["additionalProperties"]!.AsObject() : schema;

        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            Require(IsType(value, "integer") || IsType(value, "number") || IsIntOrString(value), path, "[Range] applies only to numbers");
            value["minimum"] = Number(range.Minimum);
            value["maximum"] = Number(range.Maximum);
        }

        if (property.GetCustomAttribute<PatternAttribute>() is { } pattern)
        {
            Require(IsType(value, "string") || IsIntOrString(value), path, "[Pattern] applies only to strings");
            value["pattern"] = pattern.Pattern;
        }

        if (property.GetCustomAttribute<MinLengthAttribute>() is { } minLength)
        {
            Require(IsType(value, "string"), path, "[MinLength] applies only to strings");
            value["minLength"] = minLength.Length;
        }

        if (property.GetCustomAttribute<MaxLengthAttribute>() is { } maxLength)
        {
            Require(IsType(value, "string") || IsIntOrString(value), path, "[MaxLength] applies only to strings");
            value["maxLength"] = maxLength.Length;
        }

        if (property.GetCustomAttribute<MaxItemsAttribute>() is { } maxItems)
        {
            Require(isArray || isMap, path, "[MaxItems] applies only to lists and maps");
            schema[isArray ? "maxItems" : "maxProperties"] = maxItems.Count;
        }

        ApplyListType(schema, property, path, isArray);
        if (property.IsDefined(typeof(PreserveUnknownFieldsAttribute)))
        {
            schema["x-kubernetes-preserve-unknown-fields"] = true;
        }

        ApplyDefault(schema, property, path);
        ApplyCel(schema, property.GetCustomAttributes<CelRuleAttribute>());
    }

    public static void ApplyCel(JsonObject schema, IEnumerable<CelRuleAttribute> rules)
    {
        foreach (var rule in rules)
        {
            var node = new JsonObject { ["rule"] = rule.Rule, ["message"] = rule.Message };
            if (rule.FieldPath is { } fieldPath)
            {
                node["fieldPath"] = fieldPath;
            }

            if (schema["x-kubernetes-validations"] is not JsonArray list)
            {
                schema["x-kubernetes-validations"] = list = [];
            }

            list.Add(node);
        }
    }

    private static void ApplyListType(JsonObject schema, PropertyInfo property, string path, bool isArray)
    {
        if (property.GetCustomAttribute<ListMapKeyAttribute>() is { } map)
        {
            var item = schema["items"] as JsonObject;
            Require(isArray && item?["properties"] is JsonObject, path, "[ListMapKey] applies only to lists of objects");
            foreach (var key in map.Keys)
            {
                Require(item!["properties"]![key] is JsonObject, path, $"[ListMapKey] names \"{key}\", which is not a field of the items");
                var isRequired = (item["required"] as JsonArray)?.Any(name => name!.GetValue<string>() == key) == true;
                Require(isRequired || item["properties"]![key]!["default"] is not null, path, $"the list-map key \"{key}\" must be required or have a default");
            }

            schema["x-kubernetes-list-type"] = "map";
            schema["x-kubernetes-list-map-keys"] = Json.Array(map.Keys);
        }
        else if (property.IsDefined(typeof(ListSetAttribute)))
        {
            Require(isArray && schema["items"]?["properties"] is null, path, "[ListSet] applies only to lists of scalars");
            schema["x-kubernetes-list-type"] = "set";
        }
    }

    private static void ApplyDefault(JsonObject schema, PropertyInfo property, string path)
    {
        if (property.GetCustomAttribute<DefaultAttribute>() is not { } literal)
        {
            return;
        }

        JsonNode? value;
        try
        {
            value = JsonNode.Parse(literal.Json);
        }
        catch (JsonException)
        {
            throw new CodeGenException($"{path}: [Default] is not a JSON literal: {literal.Json}. A string needs its own quotes: \"\\\"Auto\\\"\".");
        }

        Require(value is not null && IsValidDefault(schema, value), path, $"[Default] {literal.Json} does not match the type or enum of the field");
        schema["default"] = value;
    }

    private static bool IsValidDefault(JsonObject schema, JsonNode value)
    {
        var kind = value.GetValueKind();
        if (schema["enum"] is JsonArray names)
        {
            return names.Any(name => JsonNode.DeepEquals(name, value));
        }

        return schema["type"]?.GetValue<string>() switch
        {
            "string" => kind == JsonValueKind.String,
            "integer" => kind == JsonValueKind.Number && value.AsValue().TryGetValue<long>(out _),
            "number" => kind == JsonValueKind.Number,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "array" => kind == JsonValueKind.Array,
            "object" => kind == JsonValueKind.Object,
            _ => true,
        };
    }

    private static JsonNode Number(double value) =>
        Math.Abs(value) < 1L << 53 && Math.Floor(value) == value ? JsonValue.Create((long)value) : JsonValue.Create(value);

    private static bool IsType(JsonObject schema, string type) => schema["type"]?.GetValue<string>() == type;

    private static bool IsIntOrString(JsonObject schema) => schema.ContainsKey("x-kubernetes-int-or-string");

    private static void Require(bool condition, string path, string rule)
    {
        if (!condition)
        {
            throw new CodeGenException($"{path}: {rule}.");
        }
    }
}
