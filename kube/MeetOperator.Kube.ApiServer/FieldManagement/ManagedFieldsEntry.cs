using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>One entry of managedFields. Its field set is immutable.</summary>
internal sealed record ManagedFieldsEntry(string Manager, string Operation, string ApiVersion, string? Time, string Subresource, JsonObject Fields)
{
    /// <summary>Returns null if the entry has an unknown format.</summary>
    public static ManagedFieldsEntry? Read(JsonObject node) =>
        node.Text("manager") is not null && node.Text("operation") is "Apply" or "Update" && node.Object("fieldsV1") is { } fields && IsValid(fields)
            ? new ManagedFieldsEntry(node.Text("manager")!, node.Text("operation")!, node.Text("apiVersion") ?? string.Empty, node.Text("time"), node.Text("subresource") ?? string.Empty, fields)
            : null;

    public bool IsApplyOf(WriteRequest write) => Operation == "Apply" && Manager == write.FieldManager && Subresource == write.Subresource;

    public JsonObject ToJson()
    {
        var node = new JsonObject
        {
            ["apiVersion"] = ApiVersion,
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = Fields.DeepClone(),
            ["manager"] = Manager,
            ["operation"] = Operation,
        };
        if (Subresource.Length > 0)
        {
            node["subresource"] = Subresource;
        }

        if (Time is not null)
        {
            node["time"] = Time;
        }

        return node;
    }

    private static bool IsValid(JsonObject fields) => fields.All(f => f.Value is JsonObject inner && IsValid(inner));
}
