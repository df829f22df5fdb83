using System.Text.Json;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Client.Watching;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.Kube.Schema;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>
/// A local copy of a collection that a watch keeps up to date. After an interruption it resumes from the last observed version. If that version
/// has expired, it lists again and reports the objects that were deleted in the meantime. The returned objects are shared: never change them.
/// </summary>
public sealed class Informer<T> : IInformer
    where T : KubernetesObject
{
    /// <summary>Time for a list of many pages on a slow server, in addition to the longest watch.</summary>
    private static readonly TimeSpan ListTimeout = TimeSpan.FromMinutes(10);
    private readonly KubeClient _client;
    private readonly InformerOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly InformerStore<T> _store = new();
    private readonly Subscriptions<T> _subscriptions;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _resourceVersion;
    private volatile bool _watching;

    public Informer(KubeClient client, InformerOptions? options = null, TimeProvider? time = null, Random? random = null, ILogger<Informer<T>>? logger = null)
    {
        _client = client;
        _options = options ?? new InformerOptions();
        _time = time ?? TimeProvider.System;
        _random = random ?? Random.Shared;
        _logger = logger ?? NullLogger<Informer<T>>.Instance;
        _subscriptions = new Subscriptions<T>(_store, Kind, _logger);
    }

    public string Kind { get; } = KubernetesEntityAttribute.Of(typeof(T)).Kind;

    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>Whether a watch is open, as far as this process knows. While false, changes on the server are not observed.</summary>
    public bool IsWatching => _watching;

    /// <summary>Number of objects in the store.</summary>
    public int Count => _store.Count;

    /// <summary>Adds an index for <see cref="ByIndex"/>; <paramref name="keys"/> must be pure.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> keys) => _store.AddIndex(name, keys);

    /// <summary>The object, or null if it is not in the store.</summary>
    public T? Get(NamespacedName key) => _store.Get(key);

    /// <summary>All objects, in no particular order.</summary>
    public IReadOnlyList<T> List() => _store.List();

    /// <summary>The objects with <paramref name="key"/> in the index <paramref name="name"/>, in no particular order.</summary>
    public IReadOnlyList<T> ByIndex(string name, string key) => _store.ByIndex(name, key);

    /// <summary>
    /// Calls <paramref name="callback"/> for every further change, one at a time, after the change is in the store. Objects already in the store are
    /// reported first, as added. The callback must return quickly, for example after adding a key to a queue. Dispose the result to unsubscribe.
    /// </summary>
    public IDisposable OnChange(Action<InformerChange<T>> callback) => _subscriptions.Add(callback);

    public Task WaitForSyncAsync(CancellationToken ct) => _synced.Task.WaitAsync(ct);

    public async Task RunAsync(CancellationToken ct)
    {
        var failures = 0;
        using var heartbeat = _options.Health?.Begin($"informer-{Kind}", (_options.WatchTimeout * 2) + ListTimeout);
        while (!ct.IsCancellationRequested)
        {
            heartbeat?.Beat();
            var started = _time.GetTimestamp();
            var lists = _resourceVersion is null;
            try
            {
                if (lists)
                {
                    await ListAsync(ct).ConfigureAwait(false);
                }

                await WatchAsync(
                    () =>
                    {
                        heartbeat?.Beat();
                        failures = 0;
                    },
                    ct).ConfigureAwait(false);
                failures = 0;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (KubeApiException e) when (e.IsGone)
            {
                _logger.VersionExpired(Kind, _resourceVersion);
                KubeMetrics.WatchRestarted(Kind, "gone");
                _resourceVersion = null;
                _watching = false;

                // An expired version is normal after a long watch or an outage of the server, and waiting would only delay the new list. Only a server that cannot watch what it has just listed is not asked again at once.
                if (lists && _time.GetElapsedTime(started) <= _options.MaxBackoff)
                {
                    failures = CountFailure(failures, started);
                    await PauseAsync(e, failures, ct).ConfigureAwait(false);
                }
            }
            catch (Exception e)
            {
                // Retry after any error, because a store that silently stops updating is worse.
                KubeMetrics.WatchRestarted(Kind, "error");
                if (e is not (KubeApiException or HttpRequestException or IOException or TimeoutException or JsonException or OperationCanceledException))
                {
                    KubeMetrics.LoopFailed($"informer-{Kind}");
                }

                failures = CountFailure(failures, started);
                await PauseAsync(e, failures, ct).ConfigureAwait(false);
            }
        }
    }

    private async Task ListAsync(CancellationToken ct)
    {
        var skipped = new HashSet<NamespacedName>();
        var list = await _client.ListAllAsync<T>(
            _options.Namespace,
            new ListOptions
            {
                LabelSelector = _options.LabelSelector,
                FieldSelector = _options.FieldSelector,
                Limit = _options.PageSize,
                OnUnreadable = error =>
                {
                    ReportUnreadable(error);
                    skipped.Add(error.Key);
                },
            },
            ct).ConfigureAwait(false);
        foreach (var item in list.Items)
        {
            Trim(item);
        }

        _subscriptions.Publish(() => _store.ReplaceAll(list.Items, skipped));
        _resourceVersion = list.Metadata.ResourceVersion;
        _logger.Listed(Kind, list.Items.Count, _resourceVersion);
        _synced.TrySetResult();
    }

    private async Task WatchAsync(Action onProgress, CancellationToken ct)
    {
        var timeout = _options.WatchTimeout * (1 + _random.NextDouble());

        // If the connection breaks silently, no end of the stream arrives. Give up shortly after the server should have ended the watch.
        using var deadline = new CancellationTokenSource(timeout + TimeSpan.FromSeconds(30), _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var options = new WatchOptions
        {
            LabelSelector = _options.LabelSelector,
            FieldSelector = _options.FieldSelector,
            ResourceVersion = _resourceVersion,
            Timeout = timeout,
            OnOpened = () => _watching = true,
            OnUnreadable = error =>
            {
                ReportUnreadable(error);
                _resourceVersion = error.ResourceVersion ?? _resourceVersion;
            },
        };
        var started = _time.GetTimestamp();
        var events = 0;
        await foreach (var change in _client.WatchAsync<T>(_options.Namespace, options, linked.Token).ConfigureAwait(false))
        {
            events++;
            Apply(change);
            onProgress();
        }

        if (events == 0 && _time.GetElapsedTime(started) < TimeSpan.FromSeconds(1))
        {
            throw new IOException("The server ended the watch immediately without sending an event.");
        }
    }

    private void Apply(WatchEvent<T> change)
    {
        Trim(change.Object);
        if (change.Type is WatchEventType.Added or WatchEventType.Modified)
        {
            _subscriptions.Publish(() => _store.Put(change.Object) is { } put ? [put] : []);
        }
        else if (change.Type is WatchEventType.Deleted)
        {
            var key = change.Object.Metadata.NamespacedName;
            _subscriptions.Publish(() => _store.Remove(key, change.Object) is { } removed ? [removed] : []);
        }

        _resourceVersion = change.Object.Metadata.ResourceVersion ?? _resourceVersion;
    }

    /// <summary>
    /// Drops managedFields, often the largest part of an object, which no reader of the store needs. A replace without them keeps them on the server.
    /// </summary>
    private static void Trim(T item) => item.Metadata.ManagedFields = null;

    /// <summary>An object that does not match its type must not block the others. The store keeps its last readable state.</summary>
    private void ReportUnreadable(UnreadableObjectException error)
    {
        KubeMetrics.RecordUnreadable(Kind);
        _logger.ObjectUnreadable(error, Kind, error.Key);
    }

    /// <summary>An attempt that lasted longer than the maximum backoff counts as a success, so the count starts again.</summary>
    private int CountFailure(int failures, long started) => _time.GetElapsedTime(started) > _options.MaxBackoff ? 1 : failures + 1;

    private async Task PauseAsync(Exception error, int failures, CancellationToken ct)
    {
        _watching = false;
        var delay = Backoff.Delay(failures, _options.MinBackoff, _options.MaxBackoff, _random);
        _logger.ListWatchFailed(error, Kind, failures, delay);
        await Task.Delay(delay, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
