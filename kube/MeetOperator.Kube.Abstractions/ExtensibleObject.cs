using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Kube;

/// <summary>A structure in which only the used fields are typed. Other fields are preserved when an object is read and written back.</summary>
public abstract class ExtensibleObject
{
    /// <summary>Fields without a property, by JSON name.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
