using MeetOperator.Contracts.Connectivity;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Turn;

namespace MeetOperator.Signaling.Features.Connectivity;

/// <summary>
/// Gives members credentials for relays (TURN), unless tenant or pool deny relays, and tells them whether they may use relays only, and tunnels: when they enter, with every new socket, before their
/// credentials end, and when their relays or the rule have changed. Whoever is not in the meeting gets none: allocations of a relay are limited, and all who have a credential share them. Nor does anybody who comes while the tenant has reached its quota: they
/// wait, and get relays one after another when there is room.
/// </summary>
internal sealed class RelaysFeature(IMeeting meeting, TurnPools pools, SignalingMetrics metrics) : IMeetingFeature
{
    /// <summary>Time between two who waited in one meeting: the operator has then counted the allocations of the first one.</summary>
    private static readonly TimeSpan AdmissionInterval = TimeSpan.FromSeconds(15);

    /// <summary>What each member got last.</summary>
    private readonly Dictionary<string, Sent> _sent = new(StringComparer.Ordinal);
    private DateTimeOffset? _admitted;

    public Task OnEnteredAsync(Member member, MeetingView view)
    {
        Send(member, view, isNew: true);
        return Task.CompletedTask;
    }

    public Task OnTickAsync()
    {
        if (_sent.Count > meeting.Members.All.Count)
        {
            foreach (var gone in _sent.Keys.Where(id => meeting.Members.Find(id) is null).ToList())
            {
                _sent.Remove(gone);
            }
        }

        if (meeting.View() is { } view)
        {
            foreach (var member in meeting.Members.All)
            {
                SendIfDue(member, view);
            }

            AdmitNext(view);
        }

        return Task.CompletedTask;
    }

    /// <summary>There are other relays, or the operator has changed the rule for a media node, and the node enforces it.</summary>
    public Task OnMeetingChangedAsync(MeetingView view)
    {
        foreach (var member in meeting.Members.All)
        {
            SendIfDue(member, view);
        }

        return Task.CompletedTask;
    }

    public Task OnMemberMovedAsync(string participantId)
    {
        if (meeting.Members.Find(participantId) is { } member && meeting.View() is { } view)
        {
            SendIfDue(member, view);
        }

        return Task.CompletedTask;
    }

    private ConnectivityRule? RuleFor(Member member, MeetingView view) => view.ConnectivityOf(member.Media?.Room, member.Identity.Region, _sent.GetValueOrDefault(member.ParticipantId)?.Rule);

    private void SendIfDue(Member member, MeetingView view)
    {
        if (_sent.GetValueOrDefault(member.ParticipantId) is not { } sent || sent.Revision != pools.Revision || IsEnding(sent) || sent.Rule != RuleFor(member, view))
        {
            Send(member, view, isNew: false);
        }
    }

    /// <summary>Gives relays to one of those who wait.</summary>
    private void AdmitNext(MeetingView view)
    {
        var now = meeting.Time.GetUtcNow();
        if (!RelayQuota.IsReached(view.Tenant) && !(now - _admitted < AdmissionInterval)
            && meeting.Members.All.FirstOrDefault(member => _sent.GetValueOrDefault(member.ParticipantId) is { Waits: true }) is { } next)
        {
            _admitted = now;
            Send(next, view, isNew: true);
        }
    }

    private bool IsEnding(Sent sent) => sent.RefreshAt <= meeting.Time.GetUtcNow();

    /// <param name="member">The member.</param>
    /// <param name="view">The meeting.</param>
    /// <param name="isNew">Whether the client may not have what was sent before.</param>
    private void Send(Member member, MeetingView view, bool isNew)
    {
        var revision = pools.Revision;
        var rule = RuleFor(member, view);
        var grant = pools.Issue(view, member.ParticipantId, member.Media?.Room, member.Identity.Region, rule);
        var before = _sent.GetValueOrDefault(member.ParticipantId);
        var hadRelays = before?.HadRelays == true;
        var since = member.Entry is { } entry ? DateTimeOffset.FromUnixTimeMilliseconds(entry.Since) : DateTimeOffset.MaxValue;
        var waits = grant.IceServers.Count > 0 && ((!isNew && before?.Waits == true) || !RelayQuota.Allows(view.Tenant, since, hadRelays));
        if (waits)
        {
            grant = TurnGrant.None;
            if (before?.Waits != true)
            {
                metrics.RelaysRefused();
            }
        }

        if (!isNew && before is not null && !IsEnding(before) && before.Basis == grant.Basis && before.Waits == waits && Told(before.Rule) == Told(rule))
        {
            _sent[member.ParticipantId] = before with { Revision = revision, Rule = rule }; // other relays have changed
            return;
        }

        _sent[member.ParticipantId] = new Sent(revision, grant.RefreshAt, grant.Basis, rule) { Waits = waits, HadRelays = hadRelays || grant.IceServers.Count > 0 };
        var (isRelayOnly, allowsTunnels) = Told(rule);
        if (grant.IceServers.Count > 0 || before?.RefreshAt is not null || waits || before?.Waits == true || isRelayOnly || allowsTunnels || Told(before?.Rule) is not (false, false))
        {
            member.Send(new IceServersMessage(grant.IceServers) { IsRelayOnly = isRelayOnly, AllowsTunnels = allowsTunnels, IsQuotaReached = waits });
        }
    }

    /// <summary>What clients are told of a rule.</summary>
    private static (bool IsRelayOnly, bool AllowsTunnels) Told(ConnectivityRule? rule) => (rule is { ForceRelay: true }, rule is { AllowsTunnels: true });

    private sealed record Sent(int Revision, DateTimeOffset? RefreshAt, string Basis, ConnectivityRule? Rule)
    {
        /// <summary>There are relays, and it gets none because of the quota.</summary>
        public bool Waits { get; init; }

        /// <summary>It got relays, which are refreshed whatever the quota is.</summary>
        public bool HadRelays { get; init; }
    }
}
