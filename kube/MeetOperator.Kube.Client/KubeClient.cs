using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Http;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Client.Watching;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Client;

/// <summary>
/// A typed client for one API server. Thread-safe; create one per process. It has no rate limit of its own.
/// Every method throws <see cref="KubeApiException"/> if the server returns an error, <see cref="HttpRequestException"/> if it is unreachable, and
/// <see cref="TimeoutException"/> if it does not respond in time.
/// </summary>
public sealed class KubeClient : IDisposable
{
    private readonly KubeTransport _transport;
    private readonly KubeClientOptions _options;

    public KubeClient(KubeConfig config, KubeClientOptions? options = null, TimeProvider? time = null)
    {
        Config = config;
        _options = options ?? new KubeClientOptions();
        _transport = new KubeTransport(config, _options, time ?? TimeProvider.System);
    }

    public KubeConfig Config { get; }

    /// <summary>
    /// How far the local clock is ahead of the server's, to about a second, from the last response; null before the first, or if the server sends no
    /// Date.
    /// </summary>
    public TimeSpan? ClockLead => _transport.ClockLead;

    /// <summary>Reads one object. If it does not exist, throws <see cref="KubeApiException"/> with <c>IsNotFound</c>.</summary>
    public Task<T> GetAsync<T>(NamespacedName key, CancellationToken ct)
        where T : KubernetesObject =>
        SendAsync<T>(HttpMethod.Get, ResourcePath.Item(KubernetesEntityAttribute.Of(typeof(T)), key), null, MediaTypes.Json, ct);

    /// <summary>Reads one object. Returns null if it does not exist.</summary>
    public async Task<T?> TryGetAsync<T>(NamespacedName key, CancellationToken ct)
        where T : KubernetesObject
    {
        try
        {
            return await GetAsync<T>(key, ct).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads one page of a list. If <paramref name="namespace"/> is null, lists all namespaces.</summary>
    public async Task<KubeList<T>> ListAsync<T>(string? @namespace, ListOptions? options, CancellationToken ct)
        where T : KubernetesObject
    {
        options ??= new ListOptions();
        var path = ResourcePath.Query(
            ResourcePath.Collection(KubernetesEntityAttribute.Of(typeof(T)), @namespace),
            ("labelSelector", options.LabelSelector),
            ("fieldSelector", options.FieldSelector),
            ("limit", options.Limit),
            ("continue", options.Continue),
            ("resourceVersion", options.ResourceVersion));
        return ObjectReader.ReadList<T>(await _transport.ReadAsync(HttpMethod.Get, path, null, MediaTypes.Json, ct).ConfigureAwait(false), options.OnUnreadable);
    }

    /// <summary>Reads all pages of a list. The pages share one resourceVersion.</summary>
    public async Task<KubeList<T>> ListAllAsync<T>(string? @namespace, ListOptions? options, CancellationToken ct)
        where T : KubernetesObject
    {
        options = (options ?? new ListOptions()) with { Continue = null };
        var all = await ListAsync<T>(@namespace, options with { Limit = options.Limit ?? 500 }, ct).ConfigureAwait(false);
        var items = new List<T>(all.Items);
        while (!string.IsNullOrEmpty(all.Metadata.Continue))
        {
            // The token determines the version of further pages; sending a resourceVersion as well is an error.
            all = await ListAsync<T>(@namespace, options with { Limit = options.Limit ?? 500, Continue = all.Metadata.Continue, ResourceVersion = null }, ct).ConfigureAwait(false);
            items.AddRange(all.Items);
        }

        all.Items = items;
        return all;
    }

    /// <summary>
    /// Streams changes until the server ends the watch, which is normal: start another from the last observed resourceVersion.
    /// If the version has expired, throws <see cref="KubeApiException"/> with <c>IsGone</c>: list again.
    /// </summary>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        string? @namespace, WatchOptions? options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        where T : KubernetesObject
    {
        options ??= new WatchOptions();
        var path = ResourcePath.Query(
            ResourcePath.Collection(KubernetesEntityAttribute.Of(typeof(T)), @namespace),
            ("watch", true),
            ("labelSelector", options.LabelSelector),
            ("fieldSelector", options.FieldSelector),
            ("resourceVersion", options.ResourceVersion),
            ("timeoutSeconds", (long)Math.Max(1, options.Timeout.TotalSeconds)),
            ("allowWatchBookmarks", options.AllowBookmarks));
        using var response = await _transport.SendAsync(HttpMethod.Get, path, null, MediaTypes.Json, ct).ConfigureAwait(false);
        options.OnOpened?.Invoke();
        var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await foreach (var change in WatchStream.ReadAsync<T>(stream, options.OnUnreadable, ct).ConfigureAwait(false))
        {
            yield return change;
        }
    }

    /// <summary>Creates an object. Returns the object as stored by the server.</summary>
    public Task<T> CreateAsync<T>(T item, CancellationToken ct, WriteOptions? options = null)
        where T : KubernetesObject
    {
        var path = ResourcePath.Collection(KubernetesEntityAttribute.Of(typeof(T)), item.Metadata.Namespace);
        return SendAsync<T>(HttpMethod.Post, WithWriteParameters(path, options), Serialize(item), MediaTypes.Json, ct);
    }

    /// <summary>Replaces an object. A stale <c>metadata.resourceVersion</c> causes a conflict.</summary>
    public Task<T> ReplaceAsync<T>(T item, CancellationToken ct, WriteOptions? options = null)
        where T : KubernetesObject =>
        SendAsync<T>(HttpMethod.Put, WithWriteParameters(ItemPath<T>(item.Metadata.NamespacedName, options), options), Serialize(item), MediaTypes.Json, ct);

    /// <summary>
    /// Replaces only the status of an object. Causes a conflict if the object has changed since <paramref name="item"/> was read.
    /// The request contains no spec, because the server ignores everything but the status (Kubernetes, "Custom resources", status subresource).
    /// <paramref name="status"/> becomes part of the request body and must not have another parent.
    /// </summary>
    public Task<T> ReplaceStatusAsync<T>(T item, JsonNode status, CancellationToken ct, WriteOptions? options = null)
        where T : KubernetesObject
    {
        var metadata = item.Metadata;
        var body = new JsonObject
        {
            ["apiVersion"] = item.ApiVersion,
            ["kind"] = item.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = metadata.Name,
                ["namespace"] = metadata.Namespace,
                ["uid"] = metadata.Uid,
                ["resourceVersion"] = metadata.ResourceVersion,
            },
            ["status"] = status,
        };
        options = (options ?? new WriteOptions()) with { Subresource = "status" };
        return SendAsync<T>(HttpMethod.Put, WithWriteParameters(ItemPath<T>(metadata.NamespacedName, options), options), Serialize(body), MediaTypes.Json, ct);
    }

    /// <summary>Merges <paramref name="patch"/> into an object (RFC 7396: null removes a field, a list replaces a list).</summary>
    public Task<T> MergePatchAsync<T>(NamespacedName key, JsonNode patch, CancellationToken ct, WriteOptions? options = null)
        where T : KubernetesObject =>
        SendAsync<T>(HttpMethod.Patch, WithWriteParameters(ItemPath<T>(key, options), options), Serialize(patch), MediaTypes.MergePatch, ct);

    /// <summary>
    /// Server-side apply: creates the object or takes ownership of the fields that are set in <paramref name="item"/>, and removes fields that
    /// this manager applied before and that are no longer set. A resourceVersion in the metadata is a precondition, as in a replace. A uid that differs
    /// from that of the object fails with Invalid.
    /// </summary>
    public Task<T> ApplyAsync<T>(T item, ApplyOptions options, CancellationToken ct)
        where T : KubernetesObject =>
        ApplyAsync<T>(item.Metadata.NamespacedName, ApplyBody.From(item, options), options, ct);

    /// <summary>Server-side apply of exactly the fields in <paramref name="body"/>.</summary>
    public Task<T> ApplyAsync<T>(NamespacedName key, JsonObject body, ApplyOptions options, CancellationToken ct)
        where T : KubernetesObject
    {
        var entity = KubernetesEntityAttribute.Of(typeof(T));
        var path = ResourcePath.Query(
            ResourcePath.Item(entity, key, options.Subresource),
            ("fieldManager", options.FieldManager),
            ("force", options.Force),
            ("dryRun", options.DryRun ? "All" : null));
        return SendAsync<T>(HttpMethod.Patch, path, Serialize(ApplyBody.Complete(body, entity, key)), MediaTypes.Apply, ct);
    }

    public Task<Scale> GetScaleAsync<T>(NamespacedName key, CancellationToken ct)
        where T : KubernetesObject =>
        SendAsync<Scale>(HttpMethod.Get, ResourcePath.Item(KubernetesEntityAttribute.Of(typeof(T)), key, "scale"), null, MediaTypes.Json, ct);

    public Task<Scale> ReplaceScaleAsync<T>(Scale scale, CancellationToken ct)
        where T : KubernetesObject =>
        SendAsync<Scale>(HttpMethod.Put, ResourcePath.Item(KubernetesEntityAttribute.Of(typeof(T)), scale.Metadata.NamespacedName, "scale"), Serialize(scale), MediaTypes.Json, ct);

    /// <summary>Deletes an object. If it does not exist, throws <see cref="KubeApiException"/> with <c>IsNotFound</c>.</summary>
    public async Task DeleteAsync<T>(NamespacedName key, CancellationToken ct, DeleteOptions? options = null)
        where T : KubernetesObject
    {
        var path = ResourcePath.Item(KubernetesEntityAttribute.Of(typeof(T)), key);
        var body = options is null ? null : Serialize(options.ToBody());
        using var response = await _transport.SendAsync(HttpMethod.Delete, path, body, MediaTypes.Json, ct).ConfigureAwait(false);
    }

    /// <summary>Deletes an object. Returns false if it does not exist.</summary>
    public async Task<bool> TryDeleteAsync<T>(NamespacedName key, CancellationToken ct, DeleteOptions? options = null)
        where T : KubernetesObject
    {
        try
        {
            await DeleteAsync<T>(key, ct, options).ConfigureAwait(false);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Opens the log of a container in a Pod. The caller disposes the stream.</summary>
    public async Task<Stream> ReadLogsAsync(NamespacedName pod, LogOptions? options, CancellationToken ct)
    {
        options ??= new LogOptions();
        var path = ResourcePath.Query(
            ResourcePath.Item(KubernetesEntityAttribute.Of(typeof(Pod)), pod, "log"),
            ("container", options.Container),
            ("tailLines", options.TailLines),
            ("limitBytes", options.LimitBytes),
            ("follow", options.Follow),
            ("previous", options.Previous),
            ("timestamps", options.Timestamps),
            ("sinceSeconds", options.SinceSeconds));
        var response = await _transport.SendAsync(HttpMethod.Get, path, null, MediaTypes.Json, ct).ConfigureAwait(false);
        return new ResponseStream(response, await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false));
    }

    /// <summary>Reads any path of the server as text, for example <c>version</c>, <c>readyz</c>, or <c>apis</c>.</summary>
    public async Task<string> GetRawAsync(string path, CancellationToken ct)
    {
        return Encoding.UTF8.GetString(await _transport.ReadAsync(HttpMethod.Get, path.TrimStart('/'), null, MediaTypes.Json, ct).ConfigureAwait(false));
    }

    public void Dispose() => _transport.Dispose();

    private static byte[] Serialize<TBody>(TBody body) => JsonSerializer.SerializeToUtf8Bytes(body, KubeJson.Options);

    private static string ItemPath<T>(NamespacedName key, WriteOptions? options) =>
        ResourcePath.Item(KubernetesEntityAttribute.Of(typeof(T)), key, options?.Subresource ?? string.Empty);

    private string WithWriteParameters(string path, WriteOptions? options) => ResourcePath.Query(
        path,
        ("fieldManager", options?.FieldManager ?? _options.FieldManager),
        ("dryRun", options?.DryRun == true ? "All" : null));

    private async Task<TResult> SendAsync<TResult>(HttpMethod method, string path, byte[]? body, string contentType, CancellationToken ct)
    {
        var answer = await _transport.ReadAsync(method, path, body, contentType, ct).ConfigureAwait(false);
        return JsonSerializer.Deserialize<TResult>(answer, KubeJson.Options) ?? throw new JsonException($"{method} {path}: the server returned null.");
    }
}
