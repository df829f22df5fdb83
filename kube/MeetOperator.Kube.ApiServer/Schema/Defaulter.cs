using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Applies schema defaults as apiextensions does: to absent members, and to nulls that are not nullable.</summary>
internal static class Defaulter
{
    public static void Apply(JsonNode? value, SchemaNode schema)
    {
        if (!schema.HasDefaultsBelow)
        {
            return;
        }

        switch (value)
        {
            case JsonObject map:
                foreach (var (name, property) in schema.Properties)
                {
                    if (!property.HasDefaultsBelow)
                    {
                        continue;
                    }

                    var present = map.TryGetPropertyValue(name, out var member);
                    if (property.HasDefault && (!present || (member is null && !property.Nullable)))
                    {
                        map[name] = member = property.Default?.DeepClone();
                    }

                    Apply(member, property);
                }

                if (schema.AdditionalProperties is { HasDefaultsBelow: true } additional)
                {
                    foreach (var (name, member) in map)
                    {
                        if (!schema.Properties.ContainsKey(name))
                        {
                            Apply(member, additional);
                        }
                    }
                }

                break;
            case JsonArray list when schema.Items is { HasDefaultsBelow: true } items:
                foreach (var item in list)
                {
                    Apply(item, items);
                }

                break;
        }
    }
}
