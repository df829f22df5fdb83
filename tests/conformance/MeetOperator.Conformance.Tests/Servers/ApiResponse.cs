using System.Text.Json.Nodes;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>The response of a server: status code, body, and the texts of the Warning headers.</summary>
internal sealed record ApiResponse(int Code, JsonObject Body, IReadOnlyList<string> Warnings)
{
    /// <summary>The value at a path such as <c>spec.ports[0].name</c>; null when it does not exist.</summary>
    public JsonNode? this[string path] => Body.At(path);

    public string? Reason => Body.TextAt("reason");

    public string Message => Body.TextAt("message") ?? string.Empty;

    public string Name => Body.TextAt("metadata.name")!;

    public string Version => Body.TextAt("metadata.resourceVersion")!;

    /// <summary>The causes of an error as <c>reason field</c>, sorted, because servers iterate over maps in random order.</summary>
    public IReadOnlyList<string> Causes =>
        [.. (Body.At("details.causes") as JsonArray ?? []).Select(cause => $"{cause.TextAt("reason")} {cause.TextAt("field")}").Order(StringComparer.Ordinal)];

    public override string ToString() => $"{Code} {Body.ToJsonString()}";
}
