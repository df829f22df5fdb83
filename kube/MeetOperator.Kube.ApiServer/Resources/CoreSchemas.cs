using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>The schemas of the built-in kinds, from <c>Core/core.txt</c>.</summary>
internal static class CoreSchemas
{
    private static readonly Lazy<Dictionary<string, JsonObject>> Types = new(Load);

    public static SchemaNode Of(string kind)
    {
        var schema = (JsonObject)Types.Value[kind].DeepClone();
        var properties = schema.Object("properties")!;
        properties.Insert(0, "metadata", new JsonObject { ["type"] = "object" });
        properties.Insert(0, "kind", new JsonObject { ["type"] = "string" });
        properties.Insert(0, "apiVersion", new JsonObject { ["type"] = "string" });
        return new SchemaReader([]).Read(schema, kind);
    }

    /// <summary>Types may be defined before or after their use. They must not be recursive.</summary>
    private static Dictionary<string, JsonObject> Load()
    {
        using var stream = typeof(CoreSchemas).Assembly.GetManifestResourceStream("core.txt")!;
        return CoreSchemaText.Parse(new StreamReader(stream).ReadToEnd());
    }
}
