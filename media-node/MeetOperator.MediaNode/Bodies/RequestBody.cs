using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Bodies;

/// <summary>Reads the JSON bodies of requests.</summary>
internal static class RequestBody
{
    private static readonly JsonSerializerOptions Options = new(NodeControlJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RejectNullEntries } } };

    /// <summary>Parses a body. Throws a <see cref="ControlProblemException"/> when it is not valid.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> body)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Options) ?? throw ControlProblemException.InvalidRequest("The body is null; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw ControlProblemException.InvalidRequest($"The JSON body is invalid at {(string.IsNullOrEmpty(e.Path) ? "$" : e.Path)}: {e.Message}");
        }
    }

    /// <summary>Rejects null entries in lists. The serializer checks nullability of properties only.</summary>
    private static void RejectNullEntries(JsonTypeInfo type)
    {
        foreach (var list in type.Properties.Where(p => typeof(IEnumerable<object>).IsAssignableFrom(p.PropertyType)))
        {
            type.OnDeserialized += value =>
            {
                if (list.Get!(value) is IEnumerable<object?> entries && entries.Contains(null))
                {
                    throw new JsonException($"'{list.Name}' must not contain null.");
                }
            };
        }
    }
}
