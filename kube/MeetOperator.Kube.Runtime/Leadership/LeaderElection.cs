using System.Text.Json;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Runtime;

/// <summary>
/// Lets one of several processes lead, by a Lease. Give it a client of its own: the one whose writes <see cref="Leadership.ThrowIfLost"/> guards cannot renew.
/// </summary>
public sealed class LeaderElection
{
    /// <summary>A try reads and writes the Lease, each within the client's limit. Past it, not even the end of a term was noticed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly KubeClient _client;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly NamespacedName _key;
    private Lease? _seen;
    private long _seenAt;
    private LeaseSpec _term = new();
    private int _fence;
    private int _attempted;
    private int _highestSeen;
    private string? _reportedHolder;
    private LoopTurns? _turns;

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
    /// Competes until <paramref name="ct"/> ends. While leading, <paramref name="lead"/> runs; it must return soon after <see cref="Leadership.Lost"/> is cancelled,
    /// and is called again when leadership is won again. When it returns or throws by itself, the Lease is given back and so does this method.
    /// </summary>
    public async Task RunAsync(Func<Leadership, Task> lead, CancellationToken ct)
    {
        using var turns = _turns = _options.Health?.Begin("leader-election", Patience);
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

    /// <returns>True when leading ended by the will of <paramref name="lead"/> or <paramref name="ct"/>, false when leadership was lost.</returns>
    private async Task<bool> LeadAsync(Func<Leadership, Task> lead, long renewedAt, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Max(Left(renewedAt), TimeSpan.Zero), _time);
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
            // What was asked of it.
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

            await PauseAsync(ct).ConfigureAwait(false);
        }

        return null;
    }

    private async Task RenewAsync(Leadership leadership, CancellationTokenSource deadline, CancellationToken ended)
    {
        while (true)
        {
            await PauseAsync(ended).ConfigureAwait(false);
            if (ended.IsCancellationRequested)
            {
                return;
            }

            // The term counts from before the request: the server may have stored it at once. A request under way is not cut off by a
            // shutdown, or the version to give back would be unknown.
            var started = _time.GetTimestamp();
            var outcome = await TryWriteAsync(leadership, deadline.Token).ConfigureAwait(false);
            if (outcome == LeaseOutcome.Held && Left(started) is { } left && left > TimeSpan.Zero)
            {
                leadership.Renewed(started, _fence);
                deadline.CancelAfter(left);
            }
            else if (outcome == LeaseOutcome.Other)
            {
                await deadline.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Renews the term <paramref name="renewing"/>, or tries to begin one when it is null.</summary>
    private async Task<LeaseOutcome> TryWriteAsync(Leadership? renewing, CancellationToken ct)
    {
        _turns?.Turn();

        // Numbers grow beyond all that this process saw, also when the Lease was deleted meanwhile and is made anew.
        var atLeast = renewing?.Floor ?? _highestSeen + 1;
        try
        {
            var lease = await _client.TryGetAsync<Lease>(_key, ct).ConfigureAwait(false);
            if (lease is null)
            {
                if (renewing is not null)
                {
                    return LeaseOutcome.Other;
                }

                Took(await _client.CreateAsync(Written(new Lease(), renewal: false, atLeast), ct).ConfigureAwait(false));
                return LeaseOutcome.Held;
            }

            if (lease.Metadata.ResourceVersion != _seen?.Metadata.ResourceVersion)
            {
                Observe(lease);
            }

            if (renewing is not null ? !LeaseRecord.IsOurs(lease.Spec, _term, _attempted)
                : !LeaseRecord.MayTake(lease.Spec, _options.Identity, _time.GetElapsedTime(_seenAt), _options.LeaseDuration))
            {
                Report(lease.Spec.HolderIdentity);
                return LeaseOutcome.Other;
            }

            var written = Written(lease, renewing is not null, atLeast);
            _attempted = Math.Max(_attempted, written.Spec.LeaseTransitions ?? 0);
            Took(await _client.ReplaceAsync(written, ct).ConfigureAwait(false));
            return LeaseOutcome.Held;
        }
        catch (KubeApiException e) when (e.IsConflict || e.IsAlreadyExists)
        {
            // Somebody was faster; the next look tells who.
            return LeaseOutcome.Unknown;
        }
        catch (Exception e)
        {
            // Whatever it is, it is tried again: without a renewal the term ends by itself, and without a next try nobody would lead.
            if (!ct.IsCancellationRequested)
            {
                _logger.LeaseFailed(e, _key);
            }

            return LeaseOutcome.Unknown;
        }
    }

    private Lease Written(Lease lease, bool renewal, int atLeast = 0) => new()
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
            // Read anew: a renewal whose answer was lost may have been stored after what we saw.
            if (await _client.TryGetAsync<Lease>(_key, limit.Token).ConfigureAwait(false) is not { } lease || !LeaseRecord.IsOurs(lease.Spec, _term, _attempted))
            {
                return;
            }

            var released = Written(lease, renewal: true);
            released.Spec.HolderIdentity = string.Empty;
            released.Spec.LeaseDurationSeconds = 1;
            Observe(await _client.ReplaceAsync(released, limit.Token).ConfigureAwait(false));
            _logger.Released(_options.Identity, _key);
        }
        catch (Exception e)
        {
            // It runs out by itself.
            _logger.LeaseFailed(e, _key);
        }
    }

    private void Took(Lease lease)
    {
        Observe(lease);
        _term = lease.Spec;
        _attempted = _fence = lease.Spec.LeaseTransitions ?? 0;
    }

    private void Observe(Lease lease)
    {
        _seen = lease;
        _seenAt = _time.GetTimestamp();
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

    private TimeSpan Left(long renewedAt) => _options.RenewDeadline - _time.GetElapsedTime(renewedAt);

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private async Task PauseAsync(CancellationToken ct) =>
        await Task.Delay(_options.RetryPeriod * (1 + (0.2 * _random.NextDouble())), _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private enum LeaseOutcome
    {
        Held,
        Other,
        Unknown,
    }
}
