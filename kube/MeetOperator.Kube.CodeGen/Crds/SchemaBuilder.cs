using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.CodeGen.Crds;

/// <summary>
/// Builds the structural OpenAPI v3 schema of a type. A property is required if it is declared <c>required</c> or has
/// <see cref="RequiredFieldAttribute"/>. A nullable property is optional, never <c>nullable: true</c>, because a stored null makes CEL rules and
/// defaults ambiguous.
/// </summary>
internal sealed class SchemaBuilder
{
    private readonly List<Type> _ancestors = [];

    public static JsonObject ForEntity(Type type)
    {
        var builder = new SchemaBuilder();
        var schema = builder.ForObject(type, type.Name);
        var properties = schema["properties"]!.AsObject();

        // The API server validates these fields itself; a CRD may only declare them.
        properties["apiVersion"] = new JsonObject { ["type"] = "string", ["description"] = "Group and version of this representation, for example example.io/v1." };
        properties["kind"] = new JsonObject { ["type"] = "string", ["description"] = "Kind of this object, in UpperCamel." };
        properties["metadata"] = new JsonObject { ["type"] = "object" };
        if (properties["spec"] is JsonObject spec && spec.ContainsKey("required"))
        {
            schema["required"] = Json.Array(["spec"]);
        }

        if (type.IsDefined(typeof(StatusSubresourceAttribute)) && (properties["status"] as JsonObject)?["properties"]?["observedGeneration"] is not null)
        {
            properties["status"]!["default"] = new JsonObject { ["observedGeneration"] = -1 };
        }

        return schema;
    }

    private JsonObject ForProperty(PropertyInfo property, string path)
    {
        var schema = ForSpecialType(property) ?? ForType(property.PropertyType, path);
        var description = XmlDocumentation.Summary(property) ?? XmlDocumentation.Summary(Element(property.PropertyType) ?? property.PropertyType);
        if (description is not null)
        {
            schema["description"] = description;
        }
        else
        {
            schema.Remove("description");
        }

        FieldRules.Apply(schema, property, path);
        return schema;
    }

    private JsonObject ForType(Type declared, string path)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (ScalarSchemas.TryCreate(type) is { } scalar)
        {
            return scalar;
        }

        if (type == typeof(TimeSpan) || type == typeof(DateOnly) || type == typeof(TimeOnly))
        {
            throw new CodeGenException($"{path}: {type.Name} is not supported; use an integer with the unit in its name, such as timeoutSeconds.");
        }

        if (DictionaryValue(type, path) is { } value)
        {
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = ForType(value, path + "[*]") };
        }

        if (Element(type) is { } element)
        {
            return new JsonObject { ["type"] = "array", ["items"] = ForType(element, path + "[]") };
        }

        return type.IsClass || type is { IsValueType: true, IsPrimitive: false }
            ? ForObject(type, path)
            : throw new CodeGenException($"{path}: {type.Name} cannot be converted to a schema; use a class, a list, a dictionary with string keys, or JsonElement.");
    }

    private JsonObject ForObject(Type type, string path)
    {
        if (_ancestors.Contains(type))
        {
            throw new CodeGenException(
                $"{path}: {type.Name} contains itself ({string.Join(" → ", _ancestors.SkipWhile(t => t != type).Append(type).Select(t => t.Name))}); a structural schema cannot be recursive. Use JsonElement, or reference the other object by name.");
        }

        _ancestors.Add(type);
        var properties = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var required = new SortedSet<string>(StringComparer.Ordinal);
        var schema = new JsonObject { ["type"] = "object" };
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.IsDefined(typeof(JsonExtensionDataAttribute)))
            {
                schema["x-kubernetes-preserve-unknown-fields"] = true;
                continue;
            }

            if (property.GetMethod is null || property.SetMethod is null || property.GetIndexParameters().Length > 0 || IsIgnored(property))
            {
                continue;
            }

            var name = NameOf(property);
            if (_ancestors.Count > 1 || property.Name is not (nameof(KubernetesObject.ApiVersion) or nameof(KubernetesObject.Kind) or nameof(KubernetesObject.Metadata)))
            {
                properties[name] = ForProperty(property, $"{path}.{name}");
            }

            if (property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) || property.IsDefined(typeof(RequiredFieldAttribute)))
            {
                required.Add(name);
            }
        }

        _ancestors.RemoveAt(_ancestors.Count - 1);
        schema["properties"] = new JsonObject(properties.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        if (required.Count > 0)
        {
            schema["required"] = Json.Array(required);
        }

        if (XmlDocumentation.Summary(type) is { } description)
        {
            schema["description"] = description;
        }

        FieldRules.ApplyCel(schema, type.GetCustomAttributes<CelRuleAttribute>());
        return schema;
    }

    private static JsonObject? ForSpecialType(PropertyInfo property)
    {
        if (property.IsDefined(typeof(IntOrStringAttribute)))
        {
            return ScalarSchemas.IntOrString();
        }

        return property.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(QuantityMapConverter)
            ? new JsonObject { ["type"] = "object", ["additionalProperties"] = ScalarSchemas.IntOrString() }
            : null;
    }

    private static bool IsIgnored(PropertyInfo property) =>
        property.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always };

    private static string NameOf(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static Type? DictionaryValue(Type type, string path)
    {
        var dictionary = Interfaces(type).FirstOrDefault(i => i.GetGenericTypeDefinition() is var d && (d == typeof(IDictionary<,>) || d == typeof(IReadOnlyDictionary<,>)));
        if (dictionary is null)
        {
            return null;
        }

        var arguments = dictionary.GetGenericArguments();
        return arguments[0] == typeof(string)
            ? arguments[1]
            : throw new CodeGenException($"{path}: map keys must be strings, not {arguments[0].Name}.");
    }

    private static Type? Element(Type type) => type == typeof(string)
        ? null
        : Interfaces(type).FirstOrDefault(i => i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    private static IEnumerable<Type> Interfaces(Type type) =>
        type.GetInterfaces().Prepend(type).Where(i => i is { IsInterface: true, IsGenericType: true });
}
