using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>A table column. <paramref name="Cell"/> computes the cell from an object and the current time.</summary>
internal sealed record TableColumn(string Name, string Type, Func<JsonObject, DateTimeOffset, JsonNode?> Cell, int Priority = 0, string Description = "", string Format = "")
{
    public static readonly TableColumn NameColumn = new("Name", "string", (o, _) => o.Object("metadata").Text("name"), 0, "Name must be unique within a namespace.", "name");

    public static readonly TableColumn Age = new("Age", "string", (o, now) => HumanDuration.Since(o.Object("metadata").Text("creationTimestamp"), now), 0, "Time since the object was created.");

    public static readonly TableColumn CreatedAt = new("Created At", "date", (o, _) => o.Object("metadata").Text("creationTimestamp"), 0, "Time at which the object was created.");

    public JsonObject Definition() => new()
    {
        ["name"] = Name,
        ["type"] = Type,
        ["format"] = Format,
        ["description"] = Description,
        ["priority"] = Priority,
    };
}
