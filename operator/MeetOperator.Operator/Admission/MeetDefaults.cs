using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Admission;

/// <summary>Fills in what only other objects can tell; all other defaults are in the schema. Pure.</summary>
internal static class MeetDefaults
{
    /// <summary>A new meeting without a tenant belongs to the tenant that owns its namespace.</summary>
    /// <param name="request">What is created.</param>
    /// <param name="ownerOf">The tenant that owns a namespace; null when none does.</param>
    public static JsonArray? Patch(AdmissionRequest request, Func<string?, string?> ownerOf)
    {
        if (request is not { Operation: AdmissionOperation.Create, Group: MeetGroup.Name, Kind: "Meeting", Subresource: "", Object: { } meeting }
            || meeting["spec"] is { } present and not JsonObject
            || meeting["spec"]?["tenantRef"] is not null
            || ownerOf(request.Namespace) is not { } tenant)
        {
            return null;
        }

        var reference = new JsonObject { ["name"] = tenant };
        return meeting["spec"] is null
            ? [Add("/spec", new JsonObject { ["tenantRef"] = reference })]
            : [Add("/spec/tenantRef", reference)];
    }

    private static JsonObject Add(string path, JsonObject value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };
}
