using System.Text.Json.Nodes;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>One entry of metadata.managedFields; its field set as text with names in order.</summary>
internal sealed record Ownership(string Manager, string Operation, string Subresource, string Fields)
{
    public static IReadOnlyList<Ownership> Of(Answer answer) =>
        [.. (answer["metadata.managedFields"] as JsonArray ?? []).Select(entry => new Ownership(
            entry.TextAt("manager") ?? string.Empty,
            entry.TextAt("operation")!,
            entry.TextAt("subresource") ?? string.Empty,
            entry!["fieldsV1"].Sorted()))];

    /// <summary>The fields that a manager owns by an operation; <c>null</c> when it owns none.</summary>
    public static string FieldsOf(Answer answer, string manager, string operation = "Apply") =>
        Of(answer).Where(e => e.Manager == manager && e.Operation == operation).Select(e => e.Fields).SingleOrDefault() ?? "null";
}
