using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Apply;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Requests;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Patch;

/// <summary>Executes the four kinds of PATCH.</summary>
internal sealed class Patcher(ObjectStore store, ObjectWriter writer, TimeProvider time)
{
    private readonly ServerSideApply _apply = new(store, writer, time);

    public async Task<(StoredObject Stored, bool Created)> PatchAsync(WriteRequest write, string type, JsonNode? body, bool force, bool hasManager)
    {
        switch (type)
        {
            case PatchTypes.Json:
                var operations = body as JsonArray ?? throw StatusErrors.BadRequest("a JSON patch must be a list of operations");
                return (await ChangeAsync(write, root => JsonPatch.Apply(root, operations) as JsonObject
                    ?? throw StatusErrors.BadRequest("the patched value is not an object")), false);
            case PatchTypes.Merge:
                var merge = RequestBody.Object(body);
                return (await ChangeAsync(write, root =>
                {
                    MergePatch.Apply(root, merge);
                    return root;
                }), false);
            case PatchTypes.StrategicMerge when !write.Resource.IsCustom:
                var strategic = RequestBody.Object(body);
                return (await ChangeAsync(write, root => StrategicMergePatch.Apply(root, strategic, write.Resource.Schema)), false);
            case PatchTypes.Apply:
                if (!hasManager)
                {
                    throw StatusErrors.InvalidOptions("PatchOptions", Cause.Required("fieldManager", "is required for apply patch"));
                }

                return await _apply.ApplyAsync(write, RequestBody.Object(body), force);
            default:
                throw StatusErrors.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {PatchTypes.Json}, {PatchTypes.Merge}, {PatchTypes.Apply}");
        }
    }

    /// <summary>Only a resourceVersion in the patch itself is a precondition, so the unchanged version of the current object is removed.</summary>
    private Task<StoredObject> ChangeAsync(WriteRequest write, Func<JsonObject, JsonObject> change) => writer.UpdateAsync(write, current =>
    {
        var root = change((JsonObject)ObjectWriter.ToServed(current.Root, write.Resource).DeepClone());
        if (root.Object("metadata") is { } metadata && metadata.Text("resourceVersion") == current.Root.Object("metadata").Text("resourceVersion"))
        {
            metadata.Remove("resourceVersion");
        }

        return root;
    });
}
