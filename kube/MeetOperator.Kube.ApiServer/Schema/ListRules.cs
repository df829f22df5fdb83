using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Checks list lengths, and uniqueness in sets and list-maps.</summary>
internal static class ListRules
{
    public static void Check(JsonArray list, SchemaNode schema, ValuePath path, List<Cause> causes)
    {
        if (list.Count > schema.MaxItems)
        {
            causes.Add(new Cause("FieldValueTooMany", path.ToString(), $"Too many: {list.Count}: must have at most {schema.MaxItems} items"));
        }

        if (list.Count < schema.MinItems)
        {
            causes.Add(Cause.Invalid(path.ToString(), list.Count.ToString(CultureInfo.InvariantCulture), $"{path} in body should have at least {schema.MinItems} items"));
        }

        if (list.Count < 2)
        {
            return;
        }

        if (schema.ListType == "map")
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < list.Count; i++)
            {
                if (list[i] is JsonObject item && KeyOf(item, schema) is var key && !seen.Add(JsonText.ToText(key)))
                {
                    causes.Add(Cause.Duplicate($"{path}[{i}]", JsonText.ToText(key)));
                }
            }
        }
        else if (schema.ListType == "set" || schema.UniqueItems)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < list.Count; i++)
            {
                if (!seen.Add(JsonText.ToText(list[i])))
                {
                    causes.Add(Cause.Duplicate($"{path}[{i}]", SchemaValidator.Display(list[i])));
                }
            }
        }
    }

    /// <summary>The key of a list-map item: its key members in name order, with defaults applied.</summary>
    public static JsonObject KeyOf(JsonObject item, SchemaNode list)
    {
        var key = new JsonObject();
        foreach (var name in list.ListMapKeys.Order(StringComparer.Ordinal))
        {
            if (item.TryGetPropertyValue(name, out var value) && value is not null)
            {
                key[name] = value.DeepClone();
            }
            else if (list.Items?.Properties.GetValueOrDefault(name) is { HasDefault: true } property)
            {
                key[name] = property.Default?.DeepClone();
            }
        }

        return key;
    }
}
