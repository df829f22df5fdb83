using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Sets a meeting's defaults that depend on other objects; all other defaults are in the schema. Pure.</summary>
internal static class MeetingDefaults
{
    /// <summary>
    /// A new meeting without a tenant gets the tenant that owns its namespace. It also gets the finalizer that frees its room, which saves the operator a separate request.
    /// </summary>
    /// <param name="request">The create request.</param>
    /// <param name="ownerOf">Returns the tenant that owns a namespace, or null.</param>
    public static JsonArray? Patch(AdmissionRequest request, Func<string?, string?> ownerOf)
    {
        if (request is not { Operation: AdmissionOperation.Create, Group: MeetGroup.Name, Kind: "Meeting", Subresource: "", Object: { } meeting })
        {
            return null;
        }

        JsonObject?[] steps = [Tenant(meeting, ownerOf(request.Namespace)), Finalizer(meeting)];
        return steps.Any(step => step is not null) ? new JsonArray([.. steps.OfType<JsonObject>()]) : null;
    }

    private static JsonObject? Tenant(JsonObject meeting, string? owner)
    {
        if (owner is null || meeting["spec"] is not (null or JsonObject) || meeting["spec"]?["tenantRef"] is not null)
        {
            return null;
        }

        var reference = new JsonObject { ["name"] = owner };
        return meeting["spec"] is null ? Add("/spec", new JsonObject { ["tenantRef"] = reference }) : Add("/spec/tenantRef", reference);
    }

    private static JsonObject? Finalizer(JsonObject meeting) => meeting["metadata"] is not JsonObject metadata ? null
        : metadata["finalizers"] switch
        {
            null => Add("/metadata/finalizers", new JsonArray(MeetFinalizers.FreeRoom)),
            JsonArray present when !present.Any(entry => entry is JsonValue value && value.TryGetValue<string>(out var name) && name == MeetFinalizers.FreeRoom) =>
                Add("/metadata/finalizers/-", MeetFinalizers.FreeRoom),
            _ => null,
        };

    private static JsonObject Add(string path, JsonNode value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };
}
