using System.Threading.Channels;
using MeetOperator.Kube.Client;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime;

/// <summary>Runs a reconciler for every key that its sources name. Made by <see cref="ControllerBuilder{T}"/>.</summary>
public sealed class Controller<T>
    where T : KubernetesObject
{
    /// <summary>Every call of a reconcile has a limit of its own; a worker that is busy with one key for this long hangs.</summary>
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromMinutes(10);
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

    /// <summary>Asks for a reconcile from outside of the cluster's changes, for example after a poll. Without effect while the controller does not run.</summary>
    public void Enqueue(NamespacedName key) => _queue?.Add(key);

    /// <summary>
    /// Waits until the informers have synced, then reconciles until <paramref name="ct"/> ends. Running reconciles may then finish within
    /// <see cref="ControllerOptions.ShutdownTimeout"/>, are then cancelled, and after as much time again left behind. May be called again, for example after leadership was lost and won again.
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
            using var warning = abort.Token.Register(() => _logger.ShutdownTooSlow(_name, _options.ShutdownTimeout));
            await workers.WaitAsync(_options.ShutdownTimeout * 2, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A reconcile that does not even end when it is cancelled must not keep the process from ending.
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
        var turns = _options.Health?.Begin($"controller-{_name}", WorkerPatience);
        while (!stop.IsCancellationRequested)
        {
            NamespacedName key;
            turns?.Rest();
            try
            {
                key = await queue.TakeAsync(stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
            {
                break;
            }

            turns?.Turn();
            try
            {
                await ReconcileAsync(queue, key, abort).ConfigureAwait(false);
            }
            finally
            {
                queue.Done(key);
            }
        }

        turns?.Dispose();
    }

    private async Task ReconcileAsync(WorkQueue<NamespacedName> queue, NamespacedName key, CancellationToken abort)
    {
        var started = _time.GetTimestamp();
        try
        {
            var result = await _reconciler.ReconcileAsync(key, abort).ConfigureAwait(false);
            queue.Forget(key);
            if ((result.RequeueAfter ?? Resync(key)) is { } delay)
            {
                queue.AddAfter(key, delay);
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // The process stops; whoever runs next looks at every object again.
        }
        catch (LeadershipLostException)
        {
            // Its write was stopped; the controller is about to be stopped too, and the next leader looks at every object.
            queue.AddRateLimited(key);
        }
        catch (KubeApiException e) when (e.IsConflict)
        {
            KubeMetrics.ReconcileFailed(_name, "conflict");
            _logger.ReconcileConflict(_name, key, queue.AddRateLimited(key));
        }
        catch (Exception e)
        {
            // Whatever went wrong is one object's trouble: it is retried, and the others go on.
            KubeMetrics.ReconcileFailed(_name, e is KubeApiException ? "api" : "error");
            var delay = queue.AddRateLimited(key);
            _logger.ReconcileFailed(e, _name, key, queue.Failures(key), delay);
        }
        finally
        {
            KubeMetrics.Reconciled(_name, _time.GetElapsedTime(started));
        }
    }

    /// <summary>Up to a tenth later than asked, so that objects that were listed together are not looked at together for ever; never for what is gone.</summary>
    private TimeSpan? Resync(NamespacedName key) =>
        _options.ResyncPeriod is { } period && _exists(key) ? period * (1 + (0.1 * _random.NextDouble())) : null;
}
