using System.Text.Json;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// Presence in Redis. Per meeting: a hash <c>…:presence</c> (participant → entry as JSON), a sorted set <c>…:seen</c> (participant → expiry in milliseconds of
/// the Redis server's clock, so replica clocks do not matter), and a set <c>…:removed</c> of participants that a host removed. Every change is one Lua script.
/// </summary>
internal sealed class RedisPresence : IPresence
{
    /// <summary>Limits of one batched command, so that it blocks Redis only for a few milliseconds.</summary>
    private const int MaxEntries = 500;
    private const int MaxMeetings = 100;
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);

    private readonly RedisLink _link;
    private readonly RequestBatcher<Renewal, RenewResult> _renewals;
    private readonly RequestBatcher<MeetingKey, IReadOnlyList<PresenceEntry>> _sweeps;

    public RedisPresence(RedisLink link)
    {
        _link = link;
        _renewals = new RequestBatcher<Renewal, RenewResult>(MaxEntries, r => Math.Max(r.Entries.Count, MaxEntries / MaxMeetings), RenewAsync);
        _sweeps = new RequestBatcher<MeetingKey, IReadOnlyList<PresenceEntry>>(MaxMeetings, _ => 1, SweepAsync);
    }

    public async Task<EnterResult> EnterAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, CancellationToken ct)
    {
        var answer = (RedisValue[]?)await RunAsync(
            PresenceScripts.Enter, meeting, ct, entry.ParticipantId, Json(entry), capacity, Milliseconds(ttl)).ConfigureAwait(false);
        var outcome = (EnterOutcome)(int)answer![0];
        return new EnterResult(outcome, outcome is EnterOutcome.Entered or EnterOutcome.TookOver && BusJson.TryRead<PresenceEntry>(answer[1], out var stored) ? stored : null);
    }

    public async Task<EnterOutcome> ReserveAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, TimeSpan firmFor, CancellationToken ct) =>
        (EnterOutcome)(int)await RunAsync(
            PresenceScripts.Reserve, meeting, ct, entry.ParticipantId, Json(entry), capacity, Milliseconds(ttl), Milliseconds(firmFor)).ConfigureAwait(false);

    /// <summary>Concurrent renewals share one command, because every replica renews all of its meetings on each tick.</summary>
    public Task<RenewResult> RenewAsync(MeetingKey meeting, IReadOnlyList<PresenceEntry> entries, TimeSpan ttl, CancellationToken ct) =>
        entries.Count == 0 ? Task.FromResult(RenewResult.Empty) : _renewals.SendAsync(new Renewal(meeting, entries, ttl), ct);

    public async Task<RenewResult> ClaimAsync(MeetingKey meeting, IReadOnlyList<PresenceClaim> claims, TimeSpan ttl, CancellationToken ct)
    {
        RedisValue[] arguments = [Milliseconds(ttl), .. claims.SelectMany(c => new RedisValue[] { c.Entry.ParticipantId, Json(c.Entry), c.PreviousConnection ?? string.Empty })];
        var lists = (RedisResult[])(await RunAsync(PresenceScripts.Claim, meeting, ct, arguments).ConfigureAwait(false))!;
        return new RenewResult(Ids(lists[0]), Ids(lists[1]));
    }

    public async Task<IReadOnlyList<PresenceEntry>> ListAsync(MeetingKey meeting, CancellationToken ct)
    {
        var values = (RedisValue[]?)await RunAsync(PresenceScripts.List, meeting, ct).ConfigureAwait(false);
        return [.. Read(values).OrderBy(e => e.Since).ThenBy(e => e.ParticipantId, StringComparer.Ordinal)];
    }

    public async Task<PresenceEntry?> SetMediaAsync(MeetingKey meeting, string participantId, PresenceMedia kind, bool sending, bool silenced, CancellationToken ct)
    {
        var value = (RedisValue)await RunAsync(PresenceScripts.SetMedia, meeting, ct, participantId, kind == PresenceMedia.Audio ? "audio" : "video", Flag(sending), Flag(silenced)).ConfigureAwait(false);
        return BusJson.TryRead<PresenceEntry>(value, out var entry) ? entry : null;
    }

    public Task MarkAwayAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct) =>
        RunAsync(PresenceScripts.MarkAway, meeting, ct, participantId, connection);

    public async Task<bool> RemoveAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct) =>
        (int)await RunAsync(PresenceScripts.Remove, meeting, ct, participantId, connection).ConfigureAwait(false) == 1;

    public async Task<bool> ExpelAsync(MeetingKey meeting, string participantId, CancellationToken ct) =>
        (int)await RunAsync(PresenceScripts.Expel, meeting, ct, participantId, Milliseconds(MaxLifetime)).ConfigureAwait(false) == 1;

    public Task<IReadOnlyList<PresenceEntry>> SweepAsync(MeetingKey meeting, CancellationToken ct) => _sweeps.SendAsync(meeting, ct);

    public Task AddSessionAsync(MeetingKey meeting, string participantId, string session, CancellationToken ct) =>
        _link.CallAsync(
            async redis =>
            {
                await redis.SetAddAsync(Sessions(meeting, participantId), session).ConfigureAwait(false);
                return await redis.KeyExpireAsync(Sessions(meeting, participantId), MaxLifetime).ConfigureAwait(false);
            },
            ct);

    public async Task<int> EndSessionAsync(MeetingKey meeting, string participantId, string? session, CancellationToken ct) =>
        (int)await _link.CallAsync(
            redis => redis.ScriptEvaluateAsync(PresenceScripts.EndSession, [Sessions(meeting, participantId)], [session ?? string.Empty]), ct).ConfigureAwait(false);

    public async Task<int> CountSessionsAsync(MeetingKey meeting, string participantId, CancellationToken ct) =>
        (int)await _link.CallAsync(redis => redis.SetLengthAsync(Sessions(meeting, participantId)), ct).ConfigureAwait(false);

    private async Task<IReadOnlyList<RenewResult>> RenewAsync(IReadOnlyList<Renewal> requests)
    {
        RedisValue[] arguments = [.. requests.SelectMany(r => new RedisValue[] { Milliseconds(r.Ttl), r.Entries.Count }
            .Concat(r.Entries.SelectMany(e => new RedisValue[] { e.ParticipantId, e.Connection, e.IsShared ? string.Empty : Json(e) })))];
        var answers = (RedisResult[])(await _link.CallAsync(
            redis => redis.ScriptEvaluateAsync(PresenceScripts.Renew, [.. requests.SelectMany(r => Keys(r.Meeting))], arguments), CancellationToken.None).ConfigureAwait(false))!;
        return [.. answers.Select(a => (RedisResult[])a!).Select(lists => new RenewResult(Ids(lists[0]), Ids(lists[1])))];
    }

    private async Task<IReadOnlyList<IReadOnlyList<PresenceEntry>>> SweepAsync(IReadOnlyList<MeetingKey> meetings)
    {
        var answers = (RedisResult[])(await _link.CallAsync(
            redis => redis.ScriptEvaluateAsync(PresenceScripts.Sweep, [.. meetings.SelectMany(Keys)], []), CancellationToken.None).ConfigureAwait(false))!;
        return [.. answers.Select(a => Read((RedisValue[]?)a))];
    }

    private static RedisKey[] Keys(MeetingKey meeting) => [$"{meeting}:presence", $"{meeting}:seen", $"{meeting}:removed"];

    private static RedisKey Sessions(MeetingKey meeting, string participantId) => $"{meeting}:sessions:{participantId}";

    private static List<PresenceEntry> Read(RedisValue[]? values)
    {
        var entries = new List<PresenceEntry>();
        foreach (var value in values ?? [])
        {
            if (BusJson.TryRead<PresenceEntry>(value, out var entry))
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    private static string[] Ids(RedisResult list) => [.. ((RedisValue[]?)list ?? []).Select(v => (string)v!)];

    private static RedisValue Json(PresenceEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, BusJson.Options);

    private static long Milliseconds(TimeSpan ttl) => (long)Math.Min(ttl.TotalMilliseconds, MaxLifetime.TotalMilliseconds);

    private static RedisValue Flag(bool flag) => flag ? "true" : "false";

    private Task<RedisResult> RunAsync(string script, MeetingKey meeting, CancellationToken ct, params RedisValue[] arguments) =>
        _link.CallAsync(redis => redis.ScriptEvaluateAsync(script, Keys(meeting), arguments), ct);

    private sealed record Renewal(MeetingKey Meeting, IReadOnlyList<PresenceEntry> Entries, TimeSpan Ttl);
}
