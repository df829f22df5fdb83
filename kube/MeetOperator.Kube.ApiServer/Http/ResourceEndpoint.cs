using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Patch;
using MeetOperator.Kube.ApiServer.Protobuf;
using MeetOperator.Kube.ApiServer.Requests;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Serves the verbs on resources: selects the verb, reads the body, and writes the response.</summary>
internal sealed class ResourceEndpoint(ServerCore core)
{
    public Task HandleAsync(HttpContext http, ResourceDefinition resource, RequestPath path)
    {
        if (resource.Namespaced != (path.Namespace is not null) && !(resource.Namespaced && path is { Name: null, Subresource: "" } && IsRead(http)))
        {
            throw StatusErrors.PathNotFound();
        }

        return path switch
        {
            { Subresource: "" or "status" } => HandleObjectAsync(http, resource, path),
            { Subresource: "scale", Name: { } name } when resource.Scale is { } scale => core.Scale.HandleAsync(http, Request(http, resource, path, name), scale),
            { Subresource: "log", Name: { } name } when resource.Table == "pods" => core.PodLogs.HandleAsync(http, path.Namespace!, name),
            { Subresource: "finalize", Name: { } name } when resource.Table == "namespaces" && HttpMethods.IsPut(http.Request.Method) => UpdateAsync(http, Request(http, resource, path with { Subresource = string.Empty }, name)),
            _ => throw StatusErrors.PathNotFound(),
        };
    }

    private static bool IsRead(HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);

    private Task HandleObjectAsync(HttpContext http, ResourceDefinition resource, RequestPath path)
    {
        if (path.Subresource.Length > 0 && !resource.HasStatus)
        {
            throw StatusErrors.PathNotFound();
        }

        var method = http.Request.Method;
        if (path.Name is not { } name)
        {
            return method switch
            {
                _ when IsRead(http) => core.Reader.ListOrWatchAsync(http, resource, path.Namespace),
                "POST" => CreateAsync(http, Request(http, resource, path, string.Empty)),
                "DELETE" => DeleteCollectionAsync(http, resource, path),
                "PUT" or "PATCH" => throw StatusErrors.BadRequest("name must be provided"),
                _ => throw StatusErrors.MethodNotAllowed(),
            };
        }

        return method switch
        {
            _ when IsRead(http) => core.Reader.GetAsync(http, resource, path.Namespace, name),
            "PUT" => UpdateAsync(http, Request(http, resource, path, name)),
            "PATCH" => PatchAsync(http, Request(http, resource, path, name)),
            "DELETE" when path.Subresource.Length == 0 => DeleteAsync(http, Request(http, resource, path, name)),
            "DELETE" => throw StatusErrors.NotSupported(resource, "delete"),
            "POST" => throw StatusErrors.NotSupported(resource, "create"),
            _ => throw StatusErrors.MethodNotAllowed(),
        };
    }

    private static WriteRequest Request(HttpContext http, ResourceDefinition resource, RequestPath path, string name)
    {
        var query = http.Request.Query;
        var dryRun = query["dryRun"].ToString();
        if (dryRun is not ("" or "All"))
        {
            throw StatusErrors.InvalidOptions(OptionsKind(http), Cause.NotSupported("dryRun", $"[\"{dryRun}\"]", ["\"All\""]));
        }

        return new WriteRequest
        {
            Resource = resource,
            Namespace = path.Namespace,
            Name = name,
            Subresource = path.Subresource,
            DryRun = dryRun.Length > 0,
            FieldManager = query["fieldManager"].ToString() is { Length: > 0 } manager ? manager : UserAgentName(http),
            FieldValidation = query["fieldValidation"].ToString() switch
            {
                "" or "Warn" => FieldValidation.Warn,
                "Strict" => FieldValidation.Strict,
                "Ignore" => FieldValidation.Ignore,
                var other => throw StatusErrors.InvalidOptions(OptionsKind(http), Cause.NotSupported("fieldValidation", $"\"{other}\"", ["\"\"", "\"Ignore\"", "\"Strict\"", "\"Warn\""])),
            },
        };
    }

    private static string OptionsKind(HttpContext http) => http.Request.Method switch
    {
        "POST" => "CreateOptions",
        "PUT" => "UpdateOptions",
        "PATCH" => "PatchOptions",
        _ => "DeleteOptions",
    };

    /// <summary>The part of the user agent before the slash, which the API server uses as default field manager.</summary>
    private static string UserAgentName(HttpContext http)
    {
        var agent = http.Request.Headers.UserAgent.ToString();
        var end = agent.IndexOf('/');
        var name = end < 0 ? agent : agent[..end];
        return name.Length == 0 ? "unknown" : name.Length > 128 ? name[..128] : name;
    }

    private async Task<JsonNode?> ReadBodyAsync(HttpContext http, List<string>? duplicates, params string[] accepted)
    {
        var type = RequestBody.MediaType(http);
        if (!accepted.Contains(type))
        {
            throw StatusErrors.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}");
        }

        var body = await RequestBody.ReadAsync(http, core.Options.MaxBodyBytes);
        return RequestBody.Parse(body, type, duplicates);
    }

    private async Task CreateAsync(HttpContext http, WriteRequest write)
    {
        var duplicates = new List<string>();
        var body = RequestBody.Object(await ReadBodyAsync(http, duplicates, "application/json", "application/yaml", ProtobufBody.MediaType));
        write = write with { DuplicateFields = duplicates };
        var stored = await core.Writer.CreateAsync(write, body);
        await AnswerAsync(http, 201, write, stored);
    }

    private async Task UpdateAsync(HttpContext http, WriteRequest write)
    {
        var duplicates = new List<string>();
        var body = RequestBody.Object(await ReadBodyAsync(http, duplicates, "application/json", "application/yaml", ProtobufBody.MediaType));
        write = write with { DuplicateFields = duplicates };
        if (write.Resource.IsCustom && string.IsNullOrEmpty(body.Object("metadata").Text("resourceVersion")))
        {
            throw StatusErrors.Invalid(write.Resource, write.Name, [Cause.Invalid("metadata.resourceVersion", "0x0", "must be specified for an update")]);
        }

        var stored = await core.Writer.UpdateAsync(write, _ => (JsonObject)body.DeepClone());
        await AnswerAsync(http, 200, write, stored);
    }

    private async Task PatchAsync(HttpContext http, WriteRequest write)
    {
        var duplicates = new List<string>();
        var body = await ReadBodyAsync(http, duplicates, PatchTypes.All);
        var type = RequestBody.MediaType(http);
        write = write with { DuplicateFields = duplicates, IsPatch = true };
        if (type != PatchTypes.Apply && http.Request.Query.ContainsKey("force"))
        {
            throw StatusErrors.InvalidOptions("PatchOptions", Cause.Forbidden("force", "may not be specified for non-apply patch"));
        }

        var (stored, created) = await core.Patcher.PatchAsync(write, type, body, http.Request.Query["force"].ToString() is "true" or "1", http.Request.Query.ContainsKey("fieldManager"));
        await AnswerAsync(http, created ? 201 : 200, write, stored);
    }

    private async Task DeleteAsync(HttpContext http, WriteRequest write)
    {
        var options = await ReadDeleteOptionsAsync(http);
        write = write with { DryRun = write.DryRun || options.DryRun };
        var (stored, deleted) = await core.Deleter.DeleteAsync(write, options);
        if (deleted && write.Resource is { IsCustom: true } or { Table: "namespaces" })
        {
            await Responses.WriteAsync(http, 200, new JsonObject
            {
                ["kind"] = "Status",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject(),
                ["status"] = "Success",
                ["details"] = new JsonObject { ["name"] = write.Name, ["group"] = write.Resource.Group, ["kind"] = write.Resource.Plural, ["uid"] = stored.Uid },
            });
            return;
        }

        await AnswerAsync(http, 200, write, stored);
    }

    private async Task DeleteCollectionAsync(HttpContext http, ResourceDefinition resource, RequestPath path)
    {
        var options = await ReadDeleteOptionsAsync(http);
        var (objects, _) = core.Reader.Select(http, resource, path.Namespace);
        var items = new List<byte[]>();
        foreach (var stored in objects)
        {
            try
            {
                var write = Request(http, resource, path with { Namespace = stored.Key.Namespace }, stored.Key.Name);
                var (after, _) = await core.Deleter.DeleteAsync(write with { DryRun = write.DryRun || options.DryRun }, options);
                items.Add(after.Json);
            }
            catch (StatusException e) when (e.Code == 404)
            {
                // Another client deleted the object first.
            }
        }

        await core.Reader.WriteListAsync(http, (resource.ListKind, resource.ApiVersion), items, core.Store.Version, continueToken: null, remaining: null);
    }

    private async Task<DeleteOptions> ReadDeleteOptionsAsync(HttpContext http)
    {
        var bytes = await RequestBody.ReadAsync(http, core.Options.MaxBodyBytes);
        var body = bytes.Length == 0 ? null : RequestBody.Object(RequestBody.Parse(bytes, RequestBody.MediaType(http), null));
        return DeleteOptions.Read(body, name => http.Request.Query[name].ToString() is { Length: > 0 } value ? value : null);
    }

    private Task AnswerAsync(HttpContext http, int code, WriteRequest write, StoredObject stored)
    {
        Responses.AddWarnings(http, write.Warnings);
        return core.Reader.WriteObjectAsync(http, code, write.Resource, stored);
    }
}
