using System.Text.Json;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Turn;

/// <summary>
/// The relays of the installation, read periodically from the Secret that the operator writes. Without the Secret there are none. What was read last is used while the API server
/// is unavailable.
/// </summary>
internal sealed partial class TurnPools(KubeClient kube, SignalingOptions options, TimeProvider time, ILogger<TurnPools> logger) : BackgroundService
{
    private volatile Snapshot _current = new(0, []);
    private string? _loadedVersion;
    private string? _reportedFailure;

    /// <summary>Grows with every change, so that participants get new credentials when their relays have changed.</summary>
    public int Revision => _current.Revision;

    /// <summary>The relays that a participant of the meeting may use; none if the rule denies them.</summary>
    /// <param name="view">The meeting.</param>
    /// <param name="participantId">The participant.</param>
    /// <param name="region">The participant's region; null if it has none.</param>
    /// <param name="rule">How the participant may reach its media node; null without limits.</param>
    /// <param name="lifetime">How long the credentials may last; null for as long as the pools say.</param>
    /// <param name="rankId">The participant whose relays are chosen, if the credentials are those of another one; null for the participant itself.</param>
    public TurnGrant Issue(MeetingView view, string participantId, string? region, ConnectivityRule? rule, TimeSpan? lifetime = null, string? rankId = null)
    {
        if (rule is { Turn: PathAccess.Denied })
        {
            return TurnGrant.None;
        }

        IReadOnlyList<TurnRecord> pools = lifetime is { } limit ? [.. _current.Pools.Select(pool => Shortened(pool, limit))] : _current.Pools;
        return TurnCredentials.Issue(pools, view.TenantName, view.Tenant.Spec.Namespace, region, view.Id, participantId, time.GetUtcNow(), rankId);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Load(await kube.TryGetAsync<Secret>(new NamespacedName(options.Namespace, options.TurnSecret), stoppingToken).ConfigureAwait(false));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Report(e.Message); // Catch everything: relays must not end the server. The role of an older chart does not allow reading the Secret.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(options.Timings.TurnReadInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TurnRecord Shortened(TurnRecord pool, TimeSpan limit) => pool with { CredentialTtlSeconds = Math.Min(pool.CredentialTtlSeconds, (int)limit.TotalSeconds) };

    private void Load(Secret? secret)
    {
        if (secret?.Metadata.ResourceVersion == _loadedVersion)
        {
            return;
        }

        List<TurnRecord> pools = [];
        foreach (var name in secret?.Data?.Keys ?? [])
        {
            try
            {
                pools.Add(JsonSerializer.Deserialize<TurnRecord>(secret!.GetBytes(name), KubeJson.Options)!);
            }
            catch (JsonException e)
            {
                Report($"entry {name} cannot be parsed: {e.Message}");
            }
        }

        _loadedVersion = secret?.Metadata.ResourceVersion;
        _current = new Snapshot(_current.Revision + 1, pools);
        LogLoaded(logger, options.TurnSecret, pools.Count);
    }

    private void Report(string reason)
    {
        if (_reportedFailure != reason)
        {
            _reportedFailure = reason;
            LogFailed(logger, options.TurnSecret, reason);
        }
    }

    [LoggerMessage(3100, LogLevel.Information, "Read {Count} TURN pools from Secret {Secret}.")]
    private static partial void LogLoaded(ILogger logger, string secret, int count);

    [LoggerMessage(3101, LogLevel.Warning, "TURN pools could not be read from Secret {Secret}; participants get the relays that are known: {Reason}")]
    private static partial void LogFailed(ILogger logger, string secret, string reason);

    private sealed record Snapshot(int Revision, IReadOnlyList<TurnRecord> Pools);
}
