using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>
/// Operations on sets of field paths in the FieldsV1 format of managedFields: the members of a node are path elements
/// (<c>f:name</c>, <c>k:{key}</c>, <c>v:value</c>). A node without children is itself in the set; a node with children is in the set if it
/// contains <c>"."</c>. The root is never in the set. Results share no nodes with the arguments.
/// </summary>
internal static class FieldSet
{
    public const string Self = ".";

    public static bool IsMember(JsonObject node) => node.Count == 0 || node.ContainsKey(Self);

    public static JsonObject Union(JsonObject left, JsonObject right) => UnionChildren(left, right);

    /// <summary>The paths that are in <paramref name="left"/> and not in <paramref name="right"/>.</summary>
    public static JsonObject Difference(JsonObject left, JsonObject right)
    {
        var result = new JsonObject();
        foreach (var (name, value) in left)
        {
            if (name == Self)
            {
                continue;
            }

            var node = (JsonObject)value!;
            if (right[name] is not JsonObject other)
            {
                result[name] = node.DeepClone();
                continue;
            }

            var children = Difference(node, other);
            if (IsMember(node) && !IsMember(other))
            {
                if (children.Count > 0)
                {
                    children.Insert(0, Self, new JsonObject());
                }

                result[name] = children;
            }
            else if (children.Count > 0)
            {
                result[name] = children;
            }
        }

        return result;
    }

    /// <summary>Whether some path is in both sets; if not, callers skip computing the difference.</summary>
    public static bool Intersects(JsonObject left, JsonObject right)
    {
        foreach (var (name, value) in right)
        {
            if (name != Self && left[name] is JsonObject node && value is JsonObject other
                && ((IsMember(node) && IsMember(other)) || Intersects(node, other)))
            {
                return true;
            }
        }

        return false;
    }

    public static bool IsEmpty(JsonObject root) => root.Count == 0;

    private static JsonObject UnionChildren(JsonObject left, JsonObject right)
    {
        var result = new JsonObject();
        foreach (var (name, value) in left)
        {
            if (name == Self)
            {
                continue;
            }

            var node = (JsonObject)value!;
            result[name] = right[name] is JsonObject other ? UnionNode(node, other) : node.DeepClone();
        }

        foreach (var (name, value) in right)
        {
            if (name != Self && !left.ContainsKey(name))
            {
                result[name] = value!.DeepClone();
            }
        }

        return result;
    }

    private static JsonObject UnionNode(JsonObject left, JsonObject right)
    {
        var children = UnionChildren(left, right);
        if (children.Count > 0 && (IsMember(left) || IsMember(right)))
        {
            children.Insert(0, Self, new JsonObject());
        }

        return children;
    }
}
