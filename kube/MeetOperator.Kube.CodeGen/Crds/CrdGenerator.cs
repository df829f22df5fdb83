using System.Reflection;
using System.Text.Json.Nodes;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.CodeGen.Crds;

/// <summary>Generates CustomResourceDefinitions (apiextensions.k8s.io/v1) from entity types and their attributes.</summary>
internal static class CrdGenerator
{
    private static readonly string[] ColumnTypes = ["string", "integer", "number", "boolean", "date"];

    /// <summary>The CRD of <paramref name="entityType"/>, a class with a <see cref="KubernetesEntityAttribute"/> that has a group.</summary>
    /// <exception cref="CodeGenException">The type cannot be converted to a structural schema.</exception>
    public static JsonObject Generate(Type entityType)
    {
        var entity = KubernetesEntityAttribute.Of(entityType);
        if (entity.Group.Length == 0)
        {
            throw new CodeGenException($"{entityType.Name}: a custom resource needs a Group in [KubernetesEntity].");
        }

        var version = new JsonObject
        {
            ["name"] = entity.Version,
            ["served"] = true,
            ["storage"] = true,
            ["schema"] = new JsonObject { ["openAPIV3Schema"] = SchemaBuilder.ForEntity(entityType) },
        };
        if (Subresources(entityType) is { Count: > 0 } subresources)
        {
            version["subresources"] = subresources;
        }

        if (Columns(entityType) is { Count: > 0 } columns)
        {
            version["additionalPrinterColumns"] = columns;
        }

        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = NameOf(entity) },
            ["spec"] = new JsonObject
            {
                ["group"] = entity.Group,
                ["names"] = Names(entity),
                ["scope"] = entity.Scope.ToString(),
                ["versions"] = new JsonArray(version),
            },
        };
    }

    /// <summary>The entity types that have a group, sorted by CRD name.</summary>
    public static IReadOnlyList<Type> FindEntities(IEnumerable<Type> types)
    {
        var found = new SortedDictionary<string, Type>(StringComparer.Ordinal);
        foreach (var type in types)
        {
            if (type.IsAbstract || type.GetCustomAttribute<KubernetesEntityAttribute>() is not { Group.Length: > 0 } entity)
            {
                continue;
            }

            if (!found.TryAdd(NameOf(entity), type))
            {
                throw new CodeGenException($"{type.Name} and {found[NameOf(entity)].Name} both define {NameOf(entity)}; a resource must have exactly one type.");
            }
        }

        return [.. found.Values];
    }

    /// <summary>The name of the CRD, for example <c>widgets.example.io</c>.</summary>
    public static string NameOf(KubernetesEntityAttribute entity) => $"{entity.Plural}.{entity.Group}";

    private static JsonObject Names(KubernetesEntityAttribute entity)
    {
        var names = new JsonObject
        {
            ["kind"] = entity.Kind,
            ["listKind"] = entity.Kind + "List",
            ["plural"] = entity.Plural,
            ["singular"] = entity.Singular,
        };
        if (entity.ShortNames.Length > 0)
        {
            names["shortNames"] = Json.Array(entity.ShortNames);
        }

        if (entity.Categories.Length > 0)
        {
            names["categories"] = Json.Array(entity.Categories);
        }

        return names;
    }

    private static JsonObject Subresources(Type type)
    {
        var result = new JsonObject();
        if (type.IsDefined(typeof(StatusSubresourceAttribute)))
        {
            result["status"] = new JsonObject();
        }

        if (type.GetCustomAttribute<ScaleSubresourceAttribute>() is { } scale)
        {
            var node = new JsonObject { ["specReplicasPath"] = scale.SpecReplicasPath, ["statusReplicasPath"] = scale.StatusReplicasPath };
            if (scale.LabelSelectorPath is { } selector)
            {
                node["labelSelectorPath"] = selector;
            }

            result["scale"] = node;
        }

        return result;
    }

    private static JsonArray Columns(Type type)
    {
        var columns = new JsonArray();
        foreach (var column in type.GetCustomAttributes<PrinterColumnAttribute>())
        {
            if (!ColumnTypes.Contains(column.Type) || !column.JsonPath.StartsWith('.'))
            {
                throw new CodeGenException(
                    $"{type.Name}: printer column {column.Name} needs a type of {string.Join(", ", ColumnTypes)} and a JSON path that starts with a dot; it has {column.Type} and {column.JsonPath}.");
            }

            var node = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
            if (column.Description is { } description)
            {
                node["description"] = description.Trim();
            }

            if (column.Priority != 0)
            {
                node["priority"] = column.Priority;
            }

            columns.Add(node);
        }

        return columns;
    }
}
