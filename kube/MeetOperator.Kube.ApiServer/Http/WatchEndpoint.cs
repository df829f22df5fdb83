using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Streams watch events, one JSON object per line.</summary>
internal sealed class WatchEndpoint(ObjectStore store, ApiServerOptions options)
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Ends all watches, so that the server can stop.</summary>
    public void Stop() => _stopping.Cancel();

    public async Task WatchAsync(HttpContext http, ResourceDefinition resource, string? ns)
    {
        var query = http.Request.Query;
        var sendsInitialEvents = query["sendInitialEvents"].ToString() is "true" or "1";
        if (sendsInitialEvents && query["resourceVersionMatch"].ToString() != "NotOlderThan")
        {
            throw StatusErrors.InvalidOptions("ListOptions", Cause.Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
        }

        var (labels, fields) = Selection.Read(http, resource);
        var filter = new WatchFilter(labels, fields);
        var text = query["resourceVersion"].ToString();
        if (!long.TryParse(text.Length == 0 ? "0" : text, NumberStyles.None, CultureInfo.InvariantCulture, out var from))
        {
            throw new StatusException(500, string.Empty, $"resourceVersion: Invalid value: \"{text}\": must be a number");
        }

        // Version 0 or none: send the current state first, then the changes.
        List<StoredObject> initial = [];
        if (from == 0)
        {
            (initial, from) = store.List(resource.Table, ns);
            initial.RemoveAll(o => !filter.Matches(o));
        }
        else if (from > store.Version)
        {
            throw StatusErrors.Expired($"too large resource version: {from}, current: {store.Version}");
        }
        else if (sendsInitialEvents)
        {
            (initial, from) = store.List(resource.Table, ns);
            initial.RemoveAll(o => !filter.Matches(o));
        }

        var watcher = new Watcher(options.WatchQueueSize, from, ns);
        if (store.Hub.Subscribe(resource.Table, from, watcher) is { } compacted)
        {
            await WriteErrorAsync(http, StatusErrors.Expired($"too old resource version: {from} ({compacted})"));
            return;
        }

        try
        {
            var format = new WatchFormat(http, resource, options.TimeProvider);
            await StreamAsync(http, resource, watcher, filter, format, initial, from, query["allowWatchBookmarks"].ToString() is "true" or "1");
        }
        finally
        {
            store.Hub.Unsubscribe(resource.Table, watcher);
        }
    }

    private async Task StreamAsync(HttpContext http, ResourceDefinition resource, Watcher watcher, WatchFilter filter, WatchFormat format, List<StoredObject> initial, long from, bool bookmarks)
    {
        var seconds = int.TryParse(http.Request.Query["timeoutSeconds"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var requested) && requested > 0 ? requested : 3600;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _stopping.Token);
        ending.CancelAfter(TimeSpan.FromSeconds(seconds));
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-cache, private";
        var output = http.Response.BodyWriter;
        foreach (var stored in initial)
        {
            format.Write(output, "ADDED", stored);
        }

        var last = from;
        if (bookmarks && http.Request.Query["sendInitialEvents"].ToString() is "true" or "1")
        {
            WriteBookmark(output, resource, last, ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
        }

        await http.Response.StartAsync(http.RequestAborted);
        await output.FlushAsync(http.RequestAborted);
        try
        {
            while (true)
            {
                using var idle = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
                if (bookmarks)
                {
                    idle.CancelAfter(options.BookmarkInterval);
                }

                try
                {
                    if (!await watcher.Events.WaitToReadAsync(idle.Token))
                    {
                        return;
                    }
                }
                catch (OperationCanceledException) when (!ending.IsCancellationRequested)
                {
                    // Every event up to this version was offered to the watcher. If its queue is empty, the client has seen them all.
                    var published = store.Hub.PublishedVersion;
                    if (!watcher.Events.TryPeek(out _))
                    {
                        last = Math.Max(last, published);
                        WriteBookmark(output, resource, last);
                        await output.FlushAsync(ending.Token);
                    }

                    continue;
                }

                while (watcher.Events.TryRead(out var change))
                {
                    last = change.Version;
                    if (filter.TypeOf(change, out var shown) is { } type)
                    {
                        format.Write(output, type, shown);
                    }
                }

                await output.FlushAsync(ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client disconnected, the timeout expired, or the server is stopping: the watch ends without an error.
            // After a timeout, a last bookmark tells the client where to resume.
            if (bookmarks && !http.RequestAborted.IsCancellationRequested && !_stopping.IsCancellationRequested)
            {
                // Every event up to this version was offered to the watcher. The client may resume there only if the queue was fully read.
                var published = store.Hub.PublishedVersion;
                WriteBookmark(output, resource, watcher.Events.TryPeek(out _) ? last : Math.Max(last, published));
                await output.FlushAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Reports an error as an ERROR event with status 200, as the watch cache of a cluster does after it accepts a request.</summary>
    private static Task WriteErrorAsync(HttpContext http, StatusException error)
    {
        var line = new JsonObject { ["type"] = "ERROR", ["object"] = error.ToStatus() };
        return Responses.WriteAsync(http, 200, Encoding.UTF8.GetBytes(JsonText.ToText(line) + "\n"));
    }

    private static void WriteBookmark(System.IO.Pipelines.PipeWriter output, ResourceDefinition resource, long version, string metadata = "")
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"BOOKMARK\",\"object\":{{\"kind\":\"{resource.Kind}\",\"apiVersion\":\"{resource.ApiVersion}\",\"metadata\":{{\"resourceVersion\":\"{version}\",\"creationTimestamp\":null{metadata}}}}}}}\n");
        Encoding.UTF8.GetBytes(line, output);
    }
}
