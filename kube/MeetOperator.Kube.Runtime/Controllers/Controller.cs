using System.Diagnostics;
using System.Threading.Channels;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.Kube.Runtime.Queues;
using MeetOperator.Kube.Runtime.Tracing;
using MeetOperator.Kube.Schema;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>Runs a reconciler for every key that its sources enqueue. Created by <see cref="ControllerBuilder{T}"/>.</summary>
public sealed class Controller<T>
    where T : KubernetesObject
{
    /// <summary>A worker that spends this long on one key counts as hung, because every call of a reconcile has its own, shorter timeout.</summary>
    private static readonly TimeSpan WorkerTimeout = TimeSpan.FromMinutes(10);
    private readonly IReconciler _reconciler;
    private readonly ControllerOptions _options;
    private readonly IReadOnlyList<IInformer> _informers;
    private readonly IReadOnlyList<Func<Action<NamespacedName>, IDisposable>> _sources;
    private readonly Func<NamespacedName, bool> _exists;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly string _name;
    private volatile WorkQueue<NamespacedName>? _queue;

    internal Controller(
        IReconciler reconciler,
        ControllerOptions options,
        IReadOnlyList<IInformer> informers,
        IReadOnlyList<Func<Action<NamespacedName>, IDisposable>> sources,
        Func<NamespacedName, bool> exists,
        TimeProvider time,
        Random random,
        ILogger logger)
    {
        _reconciler = reconciler;
        _options = options;
        _informers = informers;
        _sources = sources;
        _exists = exists;
        _time = time;
        _random = random;
        _logger = logger;
        _name = options.Name.Length > 0 ? options.Name : KubernetesEntityAttribute.Of(typeof(T)).Singular;
    }

    /// <summary>Requests a reconcile for a reason outside the cluster, for example after a poll. Has no effect while the controller is not running.</summary>
    public void Enqueue(NamespacedName key) => _queue?.Add(key);

    /// <summary>
    /// Waits until the informers have synced, then reconciles until <paramref name="ct"/> is cancelled. Running reconciles then have
    /// <see cref="ControllerOptions.ShutdownTimeout"/> to finish; after that they are cancelled, and after the same time again this method returns
    /// without them. May be called again, for example after leadership was lost and regained.
    /// </summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await Task.WhenAll(_informers.Select(informer => informer.WaitForSyncAsync(ct))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }

        var queueOptions = new WorkQueueOptions { Name = _name, MinBackoff = _options.MinBackoff, MaxBackoff = _options.MaxBackoff };
        using var queue = new WorkQueue<NamespacedName>(queueOptions, _time, _random);
        _queue = queue;
        var subscriptions = _sources.Select(subscribe => subscribe(queue.Add)).ToList();
        try
        {
            _logger.Started(_name, _options.Concurrency);
            using var abort = new CancellationTokenSource();
            var workers = Task.WhenAll(Enumerable.Range(0, _options.Concurrency).Select(_ => Task.Run(() => WorkAsync(queue, abort.Token, ct), CancellationToken.None)));
            await Task.WhenAny(workers, Task.Delay(Timeout.Infinite, ct)).ConfigureAwait(false);
            abort.CancelAfter(_options.ShutdownTimeout);
            using var warning = abort.Token.Register(() => _logger.ShutdownTimedOut(_name, _options.ShutdownTimeout));
            await workers.WaitAsync(_options.ShutdownTimeout * 2, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A reconcile that ignores cancellation must not block the shutdown of the process.
            _logger.ReconcilesAbandoned(_name);
        }
        finally
        {
            _queue = null;
            subscriptions.ForEach(subscription => subscription.Dispose());
            _logger.Stopped(_name);
        }
    }

    private async Task WorkAsync(WorkQueue<NamespacedName> queue, CancellationToken abort, CancellationToken stop)
    {
        var heartbeat = _options.Health?.Begin($"controller-{_name}", WorkerTimeout);
        while (!stop.IsCancellationRequested)
        {
            NamespacedName key;
            heartbeat?.MarkIdle();
            try
            {
                key = await queue.TakeAsync(stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
            {
                break;
            }

            heartbeat?.Beat();
            try
            {
                await ReconcileAsync(queue, key, abort).ConfigureAwait(false);
            }
            finally
            {
                queue.Done(key);
            }
        }

        heartbeat?.Dispose();
    }

    private async Task ReconcileAsync(WorkQueue<NamespacedName> queue, NamespacedName key, CancellationToken abort)
    {
        var started = _time.GetTimestamp();
        using var span = KubeTracing.StartReconcile(_name, key);
        try
        {
            var result = await _reconciler.ReconcileAsync(key, abort).ConfigureAwait(false);
            queue.Forget(key);
            if ((result.RequeueAfter ?? ResyncDelay(key)) is { } delay)
            {
                queue.AddAfter(key, delay);
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // The process is stopping. The next instance reconciles every object.
        }
        catch (LeadershipLostException)
        {
            // The controller is about to stop. The next leader reconciles every object.
            queue.AddRateLimited(key);
        }
        catch (KubeApiException e) when (e.IsConflict)
        {
            KubeMetrics.ReconcileFailed(_name, "conflict");
            span?.SetStatus(ActivityStatusCode.Error, "conflict");
            _logger.ReconcileConflict(_name, key, queue.AddRateLimited(key));
        }
        catch (Exception e)
        {
            // A failure concerns only this object: it is retried, and the worker continues with other objects.
            KubeMetrics.ReconcileFailed(_name, e is KubeApiException ? "api" : "error");
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            var delay = queue.AddRateLimited(key);
            _logger.ReconcileFailed(e, _name, key, queue.Failures(key), delay);
        }
        finally
        {
            KubeMetrics.RecordReconcile(_name, _time.GetElapsedTime(started));
        }
    }

    /// <summary>The resync period plus up to 10%, so that objects from one list do not stay synchronized. Null if the object no longer exists.</summary>
    private TimeSpan? ResyncDelay(NamespacedName key) =>
        _options.ResyncPeriod is { } period && _exists(key) ? period * (1 + (0.1 * _random.NextDouble())) : null;
}
