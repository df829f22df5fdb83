using System.Text.Json;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Serialization;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Turn;

/// <summary>
/// The relays of the installation. The operator writes them to a Secret, which is watched; without it, there are none. While the API server is unavailable, those that were read last are used.
/// Thread-safe.
/// </summary>
internal sealed partial class TurnPools : IDisposable
{
    private readonly SignalingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<TurnPools> _logger;
    private readonly IDisposable _following;
    private volatile Snapshot _current = new(0, []);

    public TurnPools(Informer<Secret> secrets, SignalingOptions options, TimeProvider time, ILogger<TurnPools> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _following = secrets.OnChange(change => Load(change.New));
    }

    /// <summary>Raised after each change. Handlers must return quickly.</summary>
    public event Action? Changed;

    /// <summary>Grows with every change, so that participants get new credentials when their relays have changed.</summary>
    public int Revision => _current.Revision;

    /// <summary>Selects the Secret. Signaling may read no other one, which the API server decides by this selector (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources).</summary>
    public static InformerOptions Where(SignalingOptions options) => new() { Namespace = options.Namespace, FieldSelector = $"metadata.name={options.TurnSecret}" };

    /// <summary>The relays that a participant of the meeting may use; none if the rule denies them.</summary>
    /// <param name="view">The meeting.</param>
    /// <param name="participantId">The participant.</param>
    /// <param name="room">The room that the participant uses; null if it uses none yet.</param>
    /// <param name="region">The participant's region; null if it has none.</param>
    /// <param name="rule">How the participant may reach its media node; null without limits.</param>
    /// <param name="lifetime">How long the credentials may last; null for as long as the pools say.</param>
    /// <param name="rankId">The participant whose relays are chosen, if the credentials are those of another one; null for the participant itself.</param>
    public TurnGrant Issue(MeetingView view, string participantId, RoomKey? room, string? region, ConnectivityRule? rule, TimeSpan? lifetime = null, string? rankId = null)
    {
        if (rule is { Turn: PathAccess.Denied })
        {
            return TurnGrant.None;
        }

        IReadOnlyList<TurnRecord> pools = lifetime is { } limit ? [.. _current.Pools.Select(pool => Shortened(pool, limit))] : _current.Pools;
        return TurnCredentials.Issue(pools, view.TenantName, view.Tenant.Spec.Namespace, region, view.AssignmentOf(room, region)?.Region, view.Id, participantId, _time.GetUtcNow(), rankId);
    }

    public void Dispose() => _following.Dispose();

    private static TurnRecord Shortened(TurnRecord pool, TimeSpan limit) => pool with { CredentialTtlSeconds = Math.Min(pool.CredentialTtlSeconds, (int)limit.TotalSeconds) };

    private void Load(Secret? secret)
    {
        List<TurnRecord> pools = [];
        foreach (var name in secret?.Data?.Keys ?? [])
        {
            try
            {
                pools.Add(JsonSerializer.Deserialize<TurnRecord>(secret!.GetBytes(name), KubeJson.Options)!);
            }
            catch (JsonException e)
            {
                LogFailed(_logger, _options.TurnSecret, name, e.Message);
            }
        }

        _current = new Snapshot(_current.Revision + 1, pools);
        LogLoaded(_logger, _options.TurnSecret, pools.Count);
        Changed?.Invoke();
    }

    [LoggerMessage(3100, LogLevel.Information, "Read {Count} TURN pools from Secret {Secret}.")]
    private static partial void LogLoaded(ILogger logger, string secret, int count);

    [LoggerMessage(3101, LogLevel.Warning, "A TURN pool could not be read from Secret {Secret}; participants get none of its relays: entry {Entry} cannot be parsed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string secret, string entry, string reason);

    private sealed record Snapshot(int Revision, IReadOnlyList<TurnRecord> Pools);
}
