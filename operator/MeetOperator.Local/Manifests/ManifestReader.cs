using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Manifests;

/// <summary>Reads one manifest file. A file with any invalid document is rejected as a whole.</summary>
internal static class ManifestReader
{
    /// <exception cref="LocalException">The file is invalid. The message contains its name and the error.</exception>
    public static IReadOnlyList<JsonObject> Read(string file, string text)
    {
        try
        {
            var objects = new List<JsonObject>();
            foreach (var document in YamlToJson.Documents(text))
            {
                if (document is not JsonObject item)
                {
                    throw new LocalException($"{file}: a document is not an object");
                }

                foreach (var field in (string[])["apiVersion", "kind"])
                {
                    if (item[field] is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
                    {
                        throw new LocalException($"{file}: {field} is missing");
                    }
                }

                if ((item["metadata"] as JsonObject)?["name"] is not JsonValue)
                {
                    throw new LocalException($"{file}: metadata.name is missing in {item["kind"]}");
                }

                objects.Add(item);
            }

            return objects;
        }
        catch (JsonException e)
        {
            throw new LocalException($"{file}: {e.Message}");
        }
    }
}
