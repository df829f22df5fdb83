using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Fills in schema defaults, as apiextensions' defaulting: absent members, and nulls that are not nullable.</summary>
internal static class Defaulter
{
    public static void Apply(JsonNode? value, SchemaNode schema)
    {
        if (!schema.DefaultsBelow)
        {
            return;
        }

        switch (value)
        {
            case JsonObject map:
                foreach (var (name, property) in schema.Properties)
                {
                    if (!property.DefaultsBelow)
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

                if (schema.AdditionalProperties is { DefaultsBelow: true } additional)
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
            case JsonArray list when schema.Items is { DefaultsBelow: true } items:
                foreach (var item in list)
                {
                    Apply(item, items);
                }

                break;
        }
    }
}
