using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Quotas;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Gives relays their state, and reads what they report.</summary>
internal sealed partial class TurnRelays(ClusterView cluster, NodeClients clients, ControlAuthority authority, RelayLedger ledger, OperatorOptions options, TimeProvider time, ILogger<TurnRelays> logger)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a relay that does not answer is still named to participants: a lost answer must not change what all of them use.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a relay counts as starting, since its Pod was first seen with an address.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    /// <summary>How long a relay that does not work any more may still recover.</summary>
    private static readonly TimeSpan RecoveryTime = TimeSpan.FromMinutes(1);
    private readonly PoolRights _rights = new(cluster, options);
    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _worked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Answer> _answers = new(StringComparer.Ordinal);

    /// <summary>Calls all relays at the same time.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="pods">Its Pods.</param>
    /// <param name="state">What the relays get; null calls none of them.</param>
    /// <param name="tlsHost">The name for which their certificate is valid; null without one.</param>
    /// <param name="ct">Cancels the calls.</param>
    public async Task<IReadOnlyList<Relay>> ObserveAsync(TurnPool pool, IReadOnlyList<Pod> pods, TurnState? state, string? tlsHost, CancellationToken ct)
    {
        var current = TurnPod.HashOf(pool, options.Turn);
        foreach (var gone in _answers.Keys.Union(_seen.Keys).Where(uid => !cluster.TurnPods.List().Any(pod => pod.Metadata.Uid == uid)).ToList())
        {
            _answers.TryRemove(gone, out _);
            _seen.TryRemove(gone, out _);
            _worked.TryRemove(gone, out _);
            ledger.Remove(gone);
        }

        return await Task.WhenAll(pods.Select(pod => ObserveAsync(pool, pod, current, state, tlsHost, ct))).ConfigureAwait(false);
    }

    private async Task<Relay> ObserveAsync(TurnPool pool, Pod pod, string current, TurnState? state, string? tlsHost, CancellationToken ct)
    {
        var isDeleted = pod.Metadata.DeletionTimestamp is not null;
        var hasFailed = pod.Status?.Phase is "Failed" or "Succeeded";
        var (answer, refusal, problem) = state is null || isDeleted || hasFailed || pod.Status?.PodIp is not { Length: > 0 } address ? (null, null, DescribePod(pod)) : await CallAsync(pod, address, state, ct).ConfigureAwait(false);
        if (answer is not null)
        {
            var ahead = answer.Time - time.GetUtcNow();
            var traffic = _answers.TryGetValue(pod.Metadata.Uid!, out var before) ? before.Traffic : TurnTraffic.None;
            _answers[pod.Metadata.Uid!] = new Answer(answer, ahead, time.GetTimestamp(), traffic.With(Math.Max(0, answer.RelayedBytes), time.GetElapsedTime(0)));
            ledger.Record(pod.Metadata.Uid!, answer.Tenants, _rights.IsShared(pool.Metadata.Namespace) ? null : cluster.OwnerOf(pool.Metadata.Namespace) ?? string.Empty);
        }

        var last = _answers.TryGetValue(pod.Metadata.Uid!, out var known) && time.GetElapsedTime(known.At) < Patience ? known : null;
        if (last is null)
        {
            ledger.Remove(pod.Metadata.Uid!);
        }

        var hasAddress = pod.Status?.PodIp is { Length: > 0 } && !hasFailed;
        var seenAt = hasAddress ? _seen.GetOrAdd(pod.Metadata.Uid!, time.GetTimestamp()) : 0;
        if (answer?.IsReady == true)
        {
            _worked[pod.Metadata.Uid!] = time.GetTimestamp();
        }

        var failure = isDeleted ? null : RelayFailures.Find(pool, pod);
        var node = pod.Spec.NodeName is { Length: > 0 } name ? cluster.ClusterNodes.Get(new NamespacedName(null, name)) : null;
        return new Relay
        {
            Name = pod.Metadata.Name!,
            IsCurrent = pod.Metadata.Annotations?.TryGetValue(MeetAnnotations.PodHash, out var hash) == true && hash == current,
            HasFailed = hasFailed,
            IsStarting = last?.Report.IsReady != true && !isDeleted && hasAddress && time.GetElapsedTime(seenAt) < StartTime,
            IsDeleted = isDeleted,
            DrainSince = pod.Metadata.Annotations?.TryGetValue(MeetAnnotations.DrainSince, out var since) == true && DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, out var at) ? at : null,
            IsReady = last?.Report.IsReady == true,
            HasAnswered = answer is not null,
            MayRecover = hasAddress && failure is null && time.GetElapsedTime(Math.Max(seenAt, _worked.GetValueOrDefault(pod.Metadata.Uid!, seenAt))) < RecoveryTime,
            Allocations = Math.Max(0, last?.Report.Allocations ?? 0),
            Mbps = last?.Traffic.Mbps ?? 0,
            IsFull = last?.Report.IsFull == true,
            ClockAhead = last?.ClockAhead,
            Urls = TurnUrls.Of(pool.Spec, pod, node, last?.Report.CertificateUntil > time.GetUtcNow() ? tlsHost : null),
            CertificateRefusal = refusal,
            Problem = problem ?? answer?.Problem,
            Failure = failure,
        };
    }

    private async Task<(TurnReport? Report, string? Refusal, string? Problem)> CallAsync(Pod pod, string address, TurnState state, CancellationToken ct)
    {
        var key = pod.Metadata.NamespacedName;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(CallTimeout);
        try
        {
            var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
            var client = clients.RelayOf(key, new Uri($"https://{host}:{TurnPod.ControlPort}"));
            var (report, refusal) = await PutStateAsync(client, state, limit.Token).ConfigureAwait(false);
            if (authority.Renew(key, report.Credentials) is { } renewed)
            {
                await client.PutCredentialsAsync(renewed, limit.Token).ConfigureAwait(false);
            }

            return (report, refusal, null);
        }
        catch (Exception failed) when (failed is HttpRequestException or NodeControlException or IOException or JsonException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            LogNoAnswer(key, failed.Message);
            return (null, null, DescribePod(pod) ?? $"it does not answer: {failed.Message}");
        }
    }

    /// <summary>A relay that refuses the certificate refuses the whole state, and must get its secrets and peers nevertheless. It may judge otherwise, for example because of its clock.</summary>
    private static async Task<(TurnReport Report, string? Refusal)> PutStateAsync(TurnControlClient client, TurnState state, CancellationToken ct)
    {
        try
        {
            return (await client.PutStateAsync(state, ct).ConfigureAwait(false), null);
        }
        catch (NodeControlException refused) when (refused.Status == HttpStatusCode.BadRequest && state.Certificate is not null)
        {
            return (await client.PutStateAsync(state with { Certificate = null, PrivateKey = null }, ct).ConfigureAwait(false), refused.Message);
        }
    }

    /// <summary>Why the Pod does not run; null while it does.</summary>
    private static string? DescribePod(Pod pod) =>
        pod.Status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" }) is { } unscheduled ? $"no cluster node can run it: {unscheduled.Message ?? unscheduled.Reason}"
        : pod.Status?.ContainerStatuses?.FirstOrDefault(container => container.State?.Waiting is not null)?.State?.Waiting is { } waiting ? $"its container waits: {waiting.Reason} {waiting.Message}"
        : pod.Status?.Phase is "Failed" ? $"its Pod has failed: {pod.Status.Reason} {pod.Status.Message}"
        : pod.Status?.PodIp is { Length: > 0 } ? null : "it is being created";

    [LoggerMessage(2401, LogLevel.Debug, "Relay {Relay} did not answer: {Reason}")]
    private partial void LogNoAnswer(NamespacedName relay, string reason);

    private sealed record Answer(TurnReport Report, TimeSpan? ClockAhead, long At, TurnTraffic Traffic);
}
