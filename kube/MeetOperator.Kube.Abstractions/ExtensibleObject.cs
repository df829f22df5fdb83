using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Kube;

/// <summary>A structure of which only the fields that we use are typed; the others survive a read and a write.</summary>
public abstract class ExtensibleObject
{
    /// <summary>Fields of the server that have no property here, by JSON name.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
