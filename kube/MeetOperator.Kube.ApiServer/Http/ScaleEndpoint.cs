using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Patch;
using MeetOperator.Kube.ApiServer.Requests;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Serves the scale subresource: an autoscaling/v1 Scale that maps to paths of the object.</summary>
internal sealed class ScaleEndpoint(ServerCore core)
{
    public async Task HandleAsync(HttpContext http, WriteRequest write, ScaleDefinition scale)
    {
        switch (http.Request.Method)
        {
            case "GET":
                var found = core.Store.Get(write.Key) ?? throw StatusErrors.NotFound(write.Resource, write.Name);
                await Responses.WriteAsync(http, 200, ToScale(found.Root, scale));
                return;
            case "PUT":
            case "PATCH":
                var bytes = await RequestBody.ReadAsync(http, core.Options.MaxBodyBytes);
                var type = RequestBody.MediaType(http);
                var body = RequestBody.Parse(bytes, type, null);
                var stored = await core.Writer.UpdateAsync(write with { Subresource = string.Empty, OwnershipSubresource = "scale", IsPatch = true }, current => Change(current, write, scale, type, body));
                await Responses.WriteAsync(http, 200, ToScale(stored.Root, scale));
                return;
            default:
                throw StatusErrors.MethodNotAllowed();
        }
    }

    private static JsonObject Change(StoredObject current, WriteRequest write, ScaleDefinition scale, string type, JsonNode? body)
    {
        var before = ToScale(current.Root, scale);
        before.Object("metadata")!.Remove("resourceVersion");
        JsonObject after;
        switch (type)
        {
            case PatchTypes.Json:
                after = JsonPatch.Apply(before, body as JsonArray ?? throw StatusErrors.BadRequest("a JSON patch must be a list")) as JsonObject ?? throw StatusErrors.BadRequest("the patched value is not an object");
                break;
            case "application/json" or "application/yaml":
                after = RequestBody.Object(body);
                break;
            default:
                MergePatch.Apply(before, RequestBody.Object(body));
                after = before;
                break;
        }

        var replicas = after.Object("spec")?["replicas"] is { } wanted
            ? wanted.AsInteger() ?? throw StatusErrors.BadRequest("spec.replicas: must be an integer")
            : 0;
        if (replicas < 0)
        {
            throw StatusErrors.Invalid(write.Resource, write.Name, [Cause.Invalid("spec.replicas", $"{replicas}", "must be greater than or equal to 0")]);
        }

        var root = (JsonObject)ObjectWriter.ToServed(current.Root, write.Resource).DeepClone();
        var node = root;
        foreach (var name in scale.SpecReplicas[..^1])
        {
            node = node.Ensure(name);
        }

        node[scale.SpecReplicas[^1]] = replicas;
        var metadata = root.Object("metadata")!;
        metadata.Remove("resourceVersion");
        if (after.Object("metadata").Text("resourceVersion") is { Length: > 0 } version)
        {
            metadata["resourceVersion"] = version;
        }

        return root;
    }

    private static JsonObject ToScale(JsonObject root, ScaleDefinition scale)
    {
        var metadata = root.Object("metadata")!;
        var shown = new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (metadata[name] is { } value)
            {
                shown[name] = value.DeepClone();
            }
        }

        var status = new JsonObject { ["replicas"] = Read(root, scale.StatusReplicas).AsInteger() ?? 0 };
        if (scale.LabelSelector is not null && Read(root, scale.LabelSelector).AsText() is { Length: > 0 } selector)
        {
            status["selector"] = selector;
        }

        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = shown,
            ["spec"] = new JsonObject { ["replicas"] = Read(root, scale.SpecReplicas).AsInteger() ?? 0 },
            ["status"] = status,
        };
    }

    private static JsonNode? Read(JsonNode? node, string[] path)
    {
        foreach (var name in path)
        {
            node = node is JsonObject map && map.TryGetPropertyValue(name, out var member) ? member : null;
        }

        return node;
    }
}
