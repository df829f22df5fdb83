using System.Text.Json.Nodes;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>What a server answered: the code, the body, and the texts of its Warning headers.</summary>
internal sealed record Answer(int Code, JsonObject Body, IReadOnlyList<string> Warnings)
{
    /// <summary>The value at a path such as <c>spec.ports[0].name</c>; null when there is none.</summary>
    public JsonNode? this[string path] => Body.At(path);

    public string? Reason => Body.TextAt("reason");

    public string Message => Body.TextAt("message") ?? string.Empty;

    public string Name => Body.TextAt("metadata.name")!;

    public string Version => Body.TextAt("metadata.resourceVersion")!;

    /// <summary>The findings of a refusal as <c>reason field</c>, in order of text: the order in which a server walks maps is chance.</summary>
    public IReadOnlyList<string> Causes =>
        [.. (Body.At("details.causes") as JsonArray ?? []).Select(cause => $"{cause.TextAt("reason")} {cause.TextAt("field")}").Order(StringComparer.Ordinal)];

    public override string ToString() => $"{Code} {Body.ToJsonString()}";
}
