using System.Text.Json;
using MeetOperator.Kube.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime;

/// <summary>
/// A local, always fresh copy of a collection, shared by all who read it. It lists, then watches; after an interruption it goes on from the last
/// version seen, and when that is gone it lists again and tells what vanished meanwhile. The objects it hands out are shared: never change them.
/// </summary>
public sealed class Informer<T> : IInformer
    where T : KubernetesObject
{
    /// <summary>Time for a list of many pages on a slow server, on top of the longest watch.</summary>
    private static readonly TimeSpan ListPatience = TimeSpan.FromMinutes(10);
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

    /// <summary>A watch is open, as far as is known here: false while the server is away, and what happens there meanwhile is not seen.</summary>
    public bool IsWatching => _watching;

    /// <summary>How many objects are known.</summary>
    public int Count => _store.Count;

    /// <summary>Adds an index for <see cref="ByIndex"/>; <paramref name="keys"/> must be pure.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> keys) => _store.AddIndex(name, keys);

    /// <summary>The object, or null when it is not known.</summary>
    public T? Get(NamespacedName key) => _store.Get(key);

    /// <summary>All objects, in no order.</summary>
    public IReadOnlyList<T> List() => _store.List();

    /// <summary>The objects whose index <paramref name="name"/> has <paramref name="key"/>, in no order.</summary>
    public IReadOnlyList<T> ByIndex(string name, string key) => _store.ByIndex(name, key);

    /// <summary>
    /// Calls <paramref name="callback"/> for every change from now on, one after the other, after the store has taken it in; objects already known come first,
    /// as added. The callback must return soon (put a key into a queue). Dispose the result to end it.
    /// </summary>
    public IDisposable OnChange(Action<InformerChange<T>> callback) => _subscriptions.Add(callback);

    public Task WaitForSyncAsync(CancellationToken ct) => _synced.Task.WaitAsync(ct);

    public async Task RunAsync(CancellationToken ct)
    {
        var failures = 0;
        using var turns = _options.Health?.Begin($"informer-{Kind}", (_options.WatchTimeout * 2) + ListPatience);
        while (!ct.IsCancellationRequested)
        {
            turns?.Turn();
            var started = _time.GetTimestamp();
            try
            {
                if (_resourceVersion is null)
                {
                    await ListAsync(ct).ConfigureAwait(false);
                }

                await WatchAsync(
                    () =>
                    {
                        turns?.Turn();
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
                _logger.VersionGone(Kind, _resourceVersion);
                KubeMetrics.WatchRestarted(Kind, "gone");
                _resourceVersion = null;
                failures = CountFailure(failures, started);
                await PauseAsync(e, failures, ct).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever it is: a copy that is not kept up any more, and says nothing, is worse.
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
                    Report(error);
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

        // A peer that vanished without a word sends no end: give up a little after the server should have ended the watch.
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
                Report(error);
                _resourceVersion = error.ResourceVersion ?? _resourceVersion;
            },
        };
        var started = _time.GetTimestamp();
        var events = 0;
        await foreach (var change in _client.WatchAsync<T>(_options.Namespace, options, linked.Token).ConfigureAwait(false))
        {
            events++;
            Take(change);
            onProgress();
        }

        if (events == 0 && _time.GetElapsedTime(started) < TimeSpan.FromSeconds(1))
        {
            throw new IOException("The server ended the watch at once without an event.");
        }
    }

    private void Take(WatchEvent<T> change)
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

    /// <summary>Field ownership is often the larger part of an object, and nobody reads it from a copy. A replace without it leaves it as it is.</summary>
    private static void Trim(T item) => item.Metadata.ManagedFields = null;

    /// <summary>One object that does not fit must not keep the others from being seen; of it, the last readable state stays.</summary>
    private void Report(UnreadableObjectException error)
    {
        KubeMetrics.Unreadable(Kind);
        _logger.ObjectUnreadable(error, Kind, error.Key);
    }

    /// <summary>What held for longer than the longest wait did work: a failure after it is a first one.</summary>
    private int CountFailure(int failures, long started) => _time.GetElapsedTime(started) > _options.MaxBackoff ? 1 : failures + 1;

    private async Task PauseAsync(Exception error, int failures, CancellationToken ct)
    {
        _watching = false;

        // The first "gone" is ordinary life of a long watch, and nothing is served while it waits.
        if (error is KubeApiException { IsGone: true } && failures == 1)
        {
            return;
        }

        var delay = Backoff.Delay(failures, _options.MinBackoff, _options.MaxBackoff, _random);
        _logger.ListWatchFailed(error, Kind, failures, delay);
        await Task.Delay(delay, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
