using System.Text.Json.Nodes;

namespace MeetOperator.Local.Manifests;

/// <summary>Identifies one object that was applied from a manifest file.</summary>
internal sealed record ManifestKey(string ApiVersion, string Kind, string? Namespace, string Name)
{
    public static ManifestKey Of(JsonObject item) => new(
        item["apiVersion"]!.GetValue<string>(), item["kind"]!.GetValue<string>(), (string?)item["metadata"]!["namespace"], (string)item["metadata"]!["name"]!);

    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
