using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Moves the write-only stringData, base64-encoded, to data.</summary>
internal static class SecretRules
{
    public static void Prepare(WriteRequest write, JsonObject root)
    {
        if (root.Object("stringData") is { } texts)
        {
            var data = root.Ensure("data");
            foreach (var (name, value) in texts)
            {
                data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.AsText() ?? string.Empty));
            }
        }

        root.Remove("stringData");
        root["type"] ??= "Opaque";
        foreach (var (name, value) in root.Object("data") ?? [])
        {
            if (value.AsText() is not { } text || !Schema.Formats.IsValid("byte", text))
            {
                throw StatusErrors.BadRequest($"Secret \"{write.Name}\" in version \"v1\" cannot be handled as a Secret: data.{name} is not base64");
            }
        }
    }
}
