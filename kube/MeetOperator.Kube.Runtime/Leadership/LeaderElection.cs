using System.Text.Json;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime.Leadership;

/// <summary>
/// Elects one of several processes as leader through a Lease. It needs its own client, because a client whose writes
/// <see cref="Leadership.ThrowIfLost"/> guards cannot renew the Lease, and because the attempt after one that hangs must use another connection
/// (<see cref="KubeClientOptions.UseHttp1"/>).
/// </summary>
public sealed class LeaderElection
{
    /// <summary>An attempt that takes this long counts as hung: it reads and writes the Lease, each within the request timeout of the client.</summary>
    private static readonly TimeSpan MaxAttemptDuration = TimeSpan.FromMinutes(5);

    /// <summary>Timers can fire slightly early; the Lease is then not read again at once.</summary>
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
    private readonly KubeClient _client;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly NamespacedName _key;
    private Lease? _observed;
    private long _observedAt;
    private bool _isCurrent;
    private LeaseSpec _term = new();
    private int _fence;
    private int _attempted;
    private int _highestSeen;
    private string? _reportedHolder;
    private LoopHeartbeat? _heartbeat;

    public LeaderElection(KubeClient client, LeaderElectionOptions options, TimeProvider? time = null, Random? random = null, ILogger<LeaderElection>? logger = null)
    {
        options.Validate();
        _client = client;
        _options = options;
        _time = time ?? TimeProvider.System;
        _random = random ?? Random.Shared;
        _logger = logger ?? NullLogger<LeaderElection>.Instance;
        _key = new NamespacedName(options.Namespace, options.Name);
    }

    /// <summary>
    /// Competes for leadership until <paramref name="ct"/> is cancelled. Calls <paramref name="lead"/> in each term; it must return soon after
    /// <see cref="Leadership.Lost"/> is cancelled. If <paramref name="lead"/> returns or throws earlier, the Lease is released and this method
    /// returns or throws as well.
    /// </summary>
    public async Task RunAsync(Func<Leadership, Task> lead, CancellationToken ct)
    {
        using var heartbeat = _heartbeat = _options.Health?.Begin("leader-election", MaxAttemptDuration);
        while (!ct.IsCancellationRequested)
        {
            if (await AcquireAsync(ct).ConfigureAwait(false) is not { } renewedAt)
            {
                return;
            }

            if (await LeadAsync(lead, renewedAt, ct).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <returns>True if <paramref name="lead"/> returned or <paramref name="ct"/> was cancelled; false if leadership was lost.</returns>
    private async Task<bool> LeadAsync(Func<Leadership, Task> lead, long renewedAt, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Max(TimeLeft(renewedAt), TimeSpan.Zero), _time);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        var leadership = new Leadership(_fence, _time, _options.RenewDeadline, renewedAt, lost.Token);
        _logger.Acquired(_options.Identity, _key, leadership.Fence);
        var leading = Task.Run(() => lead(leadership), CancellationToken.None);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(lost.Token);
        var renewing = RenewAsync(leadership, deadline, ended.Token);
        try
        {
            await leading.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            // Expected after cancellation.
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await renewing.ConfigureAwait(false);
            if (!deadline.IsCancellationRequested)
            {
                await ReleaseAsync().ConfigureAwait(false);
            }
        }

        if (!deadline.IsCancellationRequested)
        {
            return true;
        }

        _logger.LeadershipLost(_options.Identity, _key, leadership.Fence);
        return false;
    }

    private async Task<long?> AcquireAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var started = _time.GetTimestamp();
            if (await TryWriteAsync(null, ct).ConfigureAwait(false) == LeaseOutcome.Held)
            {
                return started;
            }

            await PauseAsync(AcquirePause(), ct).ConfigureAwait(false);
        }

        return null;
    }

    private async Task RenewAsync(Leadership leadership, CancellationTokenSource deadline, CancellationToken ended)
    {
        var outcome = LeaseOutcome.Held;
        var pause = Jittered(_options.RenewPeriod);
        while (true)
        {
            await PauseAsync(pause, ended).ConfigureAwait(false);
            if (ended.IsCancellationRequested)
            {
                return;
            }

            // The term is measured from before the request, because the server may store it immediately. A shutdown does not cancel a
            // running request; otherwise the version to release would be unknown.
            var started = _time.GetTimestamp();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
            if (outcome == LeaseOutcome.Held)
            {
                limit.CancelAfter(_options.RenewDeadline / 3); // On a connection whose peer is gone, an attempt hangs. The next one may take all the time that is left.
            }

            outcome = await TryWriteAsync(leadership, limit.Token).ConfigureAwait(false);
            pause = Jittered(outcome == LeaseOutcome.Held ? _options.RenewPeriod : _options.RetryPeriod);
            if (outcome == LeaseOutcome.Held && TimeLeft(started) is { } left && left > TimeSpan.Zero)
            {
                leadership.Renewed(started, _fence);
                deadline.CancelAfter(left);
            }
            else if (outcome == LeaseOutcome.HeldByOther)
            {
                await deadline.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Renews the term <paramref name="renewing"/>, or tries to start a new term if it is null.</summary>
    private async Task<LeaseOutcome> TryWriteAsync(Leadership? renewing, CancellationToken ct)
    {
        _heartbeat?.Beat();

        // The number must exceed every number this process has observed, even if the Lease was deleted and is created again.
        var atLeast = renewing?.Floor ?? _highestSeen + 1;
        try
        {
            // A renewal needs no reading while nothing has failed: the server rejects it if another process has changed the Lease.
            var lease = renewing is not null && _isCurrent ? _observed : await _client.TryGetAsync<Lease>(_key, ct).ConfigureAwait(false);
            _isCurrent = false;
            if (lease is null)
            {
                if (renewing is not null)
                {
                    return LeaseOutcome.HeldByOther;
                }

                RecordHeldLease(await _client.CreateAsync(BuildLease(new Lease(), renewal: false, atLeast), ct).ConfigureAwait(false));
                return LeaseOutcome.Held;
            }

            if (lease.Metadata.ResourceVersion != _observed?.Metadata.ResourceVersion)
            {
                Observe(lease);
            }

            if (renewing is not null ? !LeaseRecord.IsOurs(lease.Spec, _term, _attempted)
                : !LeaseRecord.CanTake(lease.Spec, _options.Identity, _time.GetElapsedTime(_observedAt), _options.LeaseDuration))
            {
                Report(lease.Spec.HolderIdentity);
                return LeaseOutcome.HeldByOther;
            }

            var written = BuildLease(lease, renewing is not null, atLeast);
            _attempted = Math.Max(_attempted, written.Spec.LeaseTransitions ?? 0);
            RecordHeldLease(await _client.ReplaceAsync(written, ct).ConfigureAwait(false));
            return LeaseOutcome.Held;
        }
        catch (KubeApiException e) when (e.IsConflict || e.IsAlreadyExists)
        {
            // Another process was faster. The next attempt reads the new holder.
            return LeaseOutcome.Unknown;
        }
        catch (Exception e)
        {
            // Retry after any error: without a renewal the term expires, and without further attempts no process would lead.
            if (!ct.IsCancellationRequested)
            {
                _logger.LeaseFailed(e, _key);
            }

            return LeaseOutcome.Unknown;
        }
    }

    private Lease BuildLease(Lease lease, bool renewal, int atLeast = 0) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = _key.Name,
            Namespace = _key.Namespace,
            ResourceVersion = lease.Metadata.ResourceVersion,
            Uid = lease.Metadata.Uid,
            Labels = lease.Metadata.Labels,
            Annotations = lease.Metadata.Annotations,
        },
        Spec = LeaseRecord.Take(lease.Spec, _options.Identity, _options.LeaseDuration, renewal, _time.GetUtcNow(), atLeast),
    };

    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(_options.RenewDeadline / 2, _time);
        try
        {
            // Read again, because a renewal whose response was lost may have changed the Lease.
            if (await _client.TryGetAsync<Lease>(_key, limit.Token).ConfigureAwait(false) is not { } lease || !LeaseRecord.IsOurs(lease.Spec, _term, _attempted))
            {
                return;
            }

            var released = BuildLease(lease, renewal: true);
            released.Spec.HolderIdentity = string.Empty;
            released.Spec.LeaseDurationSeconds = 1;
            Observe(await _client.ReplaceAsync(released, limit.Token).ConfigureAwait(false));
            _logger.Released(_options.Identity, _key);
        }
        catch (Exception e)
        {
            // Without a release, the Lease expires on its own.
            _logger.LeaseFailed(e, _key);
        }
    }

    private void RecordHeldLease(Lease lease)
    {
        Observe(lease);
        _isCurrent = true;
        _term = lease.Spec;
        _attempted = _fence = lease.Spec.LeaseTransitions ?? 0;
    }

    private void Observe(Lease lease)
    {
        _observed = lease;
        _observedAt = _time.GetTimestamp();
        _highestSeen = Math.Max(_highestSeen, lease.Spec.LeaseTransitions ?? 0);
    }

    private void Report(string? holder)
    {
        if (holder != _reportedHolder)
        {
            _reportedHolder = holder;
            _logger.HeldByOther(_key, holder);
        }
    }

    private TimeSpan TimeLeft(long renewedAt) => _options.RenewDeadline - _time.GetElapsedTime(renewedAt);

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    /// <summary>A process that waits tries again when the Lease becomes free, if no renewal is seen until then.</summary>
    private TimeSpan AcquirePause()
    {
        var retry = Jittered(_options.RetryPeriod);
        return _observed is { } lease && LeaseRecord.TimeUntilFree(lease.Spec, _options.Identity, _time.GetElapsedTime(_observedAt), _options.LeaseDuration) is { } left
            && left > TimeSpan.Zero && left < retry ? Max(left, MinPause) : retry;
    }

    private TimeSpan Jittered(TimeSpan period) => period * (1 + (0.2 * _random.NextDouble()));

    private async Task PauseAsync(TimeSpan pause, CancellationToken ct) => await Task.Delay(pause, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private enum LeaseOutcome
    {
        Held,
        HeldByOther,
        Unknown,
    }
}
