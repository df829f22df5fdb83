using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.CodeGen.Crds;

/// <summary>The schemas of scalar types and of types with a fixed schema.</summary>
internal static class ScalarSchemas
{
    public static JsonObject? TryCreate(Type type)
    {
        if (type.IsEnum)
        {
            var names = type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name);
            return new JsonObject { ["type"] = "string", ["enum"] = Json.Array(names) };
        }

        if (type == typeof(IntOrString))
        {
            return IntOrString();
        }

        if (type == typeof(JsonObject))
        {
            return new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        }

        if (type == typeof(JsonElement) || type == typeof(JsonNode) || type == typeof(object))
        {
            return new JsonObject { ["x-kubernetes-preserve-unknown-fields"] = true };
        }

        if (type == typeof(byte[]))
        {
            return Typed("string", "byte");
        }

        if (type == typeof(Guid))
        {
            return Typed("string", "uuid");
        }

        if (type == typeof(Uri))
        {
            return Typed("string", "uri");
        }

        if (type == typeof(DateTimeOffset))
        {
            return Typed("string", "date-time");
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.String or TypeCode.Char => Typed("string", null),
            TypeCode.Boolean => Typed("boolean", null),
            TypeCode.DateTime => Typed("string", "date-time"),
            TypeCode.Int32 or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Byte or TypeCode.SByte => Typed("integer", "int32"),
            TypeCode.Int64 or TypeCode.UInt32 => Typed("integer", "int64"),
            TypeCode.Single => Typed("number", "float"),
            TypeCode.Double => Typed("number", "double"),
            TypeCode.Decimal => Typed("number", null),
            _ => null,
        };
    }

    public static JsonObject IntOrString() => new()
    {
        ["anyOf"] = new JsonArray(Typed("integer", null), Typed("string", null)),
        ["x-kubernetes-int-or-string"] = true,
    };

    private static JsonObject Typed(string type, string? format)
    {
        var schema = new JsonObject { ["type"] = type };
        if (format is not null)
        {
            schema["format"] = format;
        }

        return schema;
    }
}
