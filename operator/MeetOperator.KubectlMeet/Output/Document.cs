using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.KubectlMeet.Output;

/// <summary>Writes a report as JSON or YAML, with the names and formats of the Kubernetes API.</summary>
internal static class Document
{
    private static readonly JsonSerializerOptions Indented = new(KubeJson.Options) { WriteIndented = true };

    /// <summary>Returns whether the format was json or yaml and the report was written; with null, the caller writes text.</summary>
    public static bool TryWrite<T>(TextWriter writer, string? format, T report)
    {
        switch (format)
        {
            case "json":
                writer.Write(JsonSerializer.Serialize(report, Indented) + "\n");
                return true;
            case "yaml":
                writer.Write(YamlWriter.Write(JsonSerializer.SerializeToNode(report, KubeJson.Options) ?? new JsonObject()));
                return true;
            default:
                return false;
        }
    }
}
