using System.Text.Json.Nodes;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>One entry of metadata.managedFields, with its field set as sorted JSON text.</summary>
internal sealed record Ownership(string Manager, string Operation, string Subresource, string Fields)
{
    public static IReadOnlyList<Ownership> Of(ApiResponse response) =>
        [.. (response["metadata.managedFields"] as JsonArray ?? []).Select(entry => new Ownership(
            entry.TextAt("manager") ?? string.Empty,
            entry.TextAt("operation")!,
            entry.TextAt("subresource") ?? string.Empty,
            entry!["fieldsV1"].Sorted()))];

    /// <summary>The fields that a manager owns with an operation; the text <c>null</c> when it owns none.</summary>
    public static string FieldsOf(ApiResponse response, string manager, string operation = "Apply") =>
        Of(response).Where(e => e.Manager == manager && e.Operation == operation).Select(e => e.Fields).SingleOrDefault() ?? "null";
}
