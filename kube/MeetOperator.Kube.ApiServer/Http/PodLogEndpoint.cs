using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Serves pods/log: resolves the container and copies the log stream of the runtime to the response.</summary>
internal sealed class PodLogEndpoint(ObjectStore store, Func<PodLogRequest, CancellationToken, Task<Stream?>>? source)
{
    public async Task HandleAsync(HttpContext http, string ns, string name)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            throw StatusErrors.MethodNotAllowed();
        }

        var pod = store.Get(new ObjectKey("pods", ns, name)) ?? throw StatusErrors.NotFound(BuiltInResources.Pods, name);
        var query = http.Request.Query;
        var container = ContainerOf(pod.Root, name, query["container"].ToString());
        var since = Timestamps.Parse(query["sinceTime"].ToString() is { Length: > 0 } time ? time : null)
            ?? (Number(query["sinceSeconds"].ToString(), "sinceSeconds") is { } seconds ? DateTimeOffset.UtcNow.AddSeconds(-seconds) : null);
        var request = new PodLogRequest(
            ns,
            name,
            container,
            Follow: Flag(query["follow"].ToString()),
            Previous: Flag(query["previous"].ToString()),
            (int?)Number(query["tailLines"].ToString(), "tailLines"),
            Timestamps: Flag(query["timestamps"].ToString()),
            since,
            Number(query["limitBytes"].ToString(), "limitBytes"));
        var stream = source is null ? null : await source(request, http.RequestAborted);
        if (stream is null)
        {
            throw StatusErrors.BadRequest(request.Previous
                ? $"previous terminated container \"{container}\" in pod \"{name}\" not found"
                : $"container \"{container}\" in pod \"{name}\" is waiting to start: no logs yet");
        }

        await using (stream)
        {
            http.Response.ContentType = "text/plain";
            await http.Response.StartAsync(http.RequestAborted);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
    }

    private static string ContainerOf(JsonObject pod, string name, string requested)
    {
        string[] Names(string field) => [.. (pod.Object("spec").Array(field) ?? []).OfType<JsonObject>().Select(c => c.Text("name")).OfType<string>()];
        var containers = Names("containers");
        if (requested.Length == 0)
        {
            return containers.Length == 1
                ? containers[0]
                : throw StatusErrors.BadRequest($"a container name must be specified for pod {name}, choose one of: [{string.Join(' ', containers)}]");
        }

        return containers.Contains(requested) || Names("initContainers").Contains(requested)
            ? requested
            : throw StatusErrors.BadRequest($"container {requested} is not valid for pod {name}");
    }

    private static bool Flag(string text) => text is "true" or "1";

    private static long? Number(string text, string field) => text.Length == 0
        ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw StatusErrors.BadRequest($"{field}: must be a whole number of at least 0, not \"{text}\"");
}
