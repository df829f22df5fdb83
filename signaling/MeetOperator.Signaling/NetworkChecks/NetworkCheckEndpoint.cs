using System.Security.Cryptography;
using System.Text;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Turn;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>
/// Network checks: whoever knows a meeting can find out which ways lead to its media node, without joining. The media node has a room for the check, for 30 s, and sends back what is published
/// there, for 12 s. Requests are bound to the address that opened the check; media is not.
/// </summary>
internal sealed class NetworkCheckEndpoint(
    MeetingDirectory directory, MeetingNotFound missing, IParticipantRepository participants, CheckNodes nodes, Credentials credentials, MediaSessionSeal seal, TurnPools relays, Urls urls, SignalingOptions options, SignalingMetrics metrics,
    TimeProvider time) : IDisposable
{
    /// <summary>Clocks of relays may differ by some seconds.</summary>
    private static readonly TimeSpan CredentialLifetime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time in which an address gets another check of a meeting. Checks have no place in a meeting, so they must not become a way to talk: whoever passes offers on to other persons gets
    /// 12 s in one direction from each check.
    /// </summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Clocks of replicas differ, and requests take time.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>The participant that plays what a connection of the check sends.</summary>
    private const string Player = "echo";

    /// <summary>Several persons of an office have one address.</summary>
    private readonly Throttle _ofAddress = Throttle.OneEvery(TimeSpan.FromSeconds(20), burst: 5);
    private readonly Throttle _ofMeetingAndAddress = Throttle.OneEvery(Period, burst: 3);
    private readonly Throttle _ofTenant = Throttle.OneEvery(TimeSpan.FromSeconds(1), burst: 20);

    /// <summary>Participants have a limit of their own, so that strangers do not use up theirs.</summary>
    private readonly Throttle _ofParticipant = Throttle.OneEvery(Period, burst: 3);

    /// <summary>The requests of a check: it has about ten connections. Each that is opened again costs the media node a new session.</summary>
    private readonly Throttle _ofCheck = Throttle.OneEvery(TimeSpan.FromSeconds(1), burst: 20);

    public async Task<IResult> OpenAsync(HttpRequest request, string id, CancellationToken ct)
    {
        try
        {
            var answer = await AnswerAsync(request, id, ct).ConfigureAwait(false);
            metrics.CheckOpened("ok");
            return Results.Json(answer, statusCode: StatusCodes.Status201Created);
        }
        catch (ProblemException e)
        {
            metrics.CheckOpened(WireName.Of(e.Code));
            throw;
        }
    }

    public Task<IResult> ConnectAsync(HttpRequest request, string id, string checkId, string name, CancellationToken ct) => name == Player
        ? throw ProblemException.Invalid("name", $"must not be '{Player}'.")
        : ExchangeAsync(request, id, checkId, name, (node, room, sdp, limit) => node.PublishAsync(room, name, new SdpOffer { Generation = 1, Sdp = sdp, Restart = true }, limit), ct);

    public Task<IResult> EchoAsync(HttpRequest request, string id, string checkId, string name, CancellationToken ct) =>
        ExchangeAsync(request, id, checkId, name, (node, room, sdp, limit) => node.PlayAsync(room, Player, new PlayRequest { Generation = 1, Sdp = sdp, Feeds = [name] }, limit), ct);

    /// <summary>Ends the check. A result counts once, because for only one request the media node ends the check.</summary>
    public async Task<IResult> EndAsync(HttpRequest request, string id, string checkId, CancellationToken ct)
    {
        var (view, check) = await FindAsync(request, id, checkId, ct).ConfigureAwait(false);
        var rungs = NetworkCheckRules.Read(await RequestBody.ReadJsonAsync<NetworkCheckResult>(request, ct).ConfigureAwait(false));
        await nodes.CallAsync(AssignmentOf(view, check), async (node, limit) =>
        {
            await node.EndCheckAsync(check.Room, limit).ConfigureAwait(false);
            return true;
        }, ct).ConfigureAwait(false);
        foreach (var (path, family, outcome) in rungs)
        {
            metrics.RungChecked(WireName.Of(path), WireName.Of(family), WireName.Of(outcome));
        }

        return Results.NoContent();
    }

    public void Dispose()
    {
        _ofAddress.Dispose();
        _ofMeetingAndAddress.Dispose();
        _ofTenant.Dispose();
        _ofParticipant.Dispose();
        _ofCheck.Dispose();
    }

    private async Task<NetworkCheckResponse> AnswerAsync(HttpRequest request, string id, CancellationToken ct)
    {
        var caller = CallerAddress.Of(request);
        if (!_ofAddress.TryTake(caller) || !_ofMeetingAndAddress.TryTake($"{id} {caller}"))
        {
            throw TooMany("Too many network checks from this address.", Period);
        }

        var body = await RequestBody.ReadJsonAsync<NetworkCheckRequest>(request, ct).ConfigureAwait(false);
        NetworkCheckRules.Check(body);
        var view = await FindMeetingAsync(request, id, ct).ConfigureAwait(false);
        var ticket = body.Ticket is null ? null : await RequireMemberAsync(request, body.Ticket, view, ct).ConfigureAwait(false);
        if (ticket is not null && !_ofParticipant.TryTake($"{id} {ticket.ParticipantId}"))
        {
            throw TooMany("Too many network checks of this participant.", Period);
        }

        if (ticket is null && !_ofTenant.TryTake(view.TenantName))
        {
            throw TooMany("Too many network checks in meetings of this tenant.", RetryAfter);
        }

        var region = ticket?.Region ?? body.Region ?? NetworkRegions.Find(view.Tenant.Spec.Regions.Networks, CallerAddress.AddressOf(request));
        view = await WaitForPlacementAsync(view, ct).ConfigureAwait(false);
        var current = ticket is null ? null : await nodes.FindAsync(view, ticket.ParticipantId!, ct).ConfigureAwait(false);
        var assignment = current ?? ParticipantNodes.Choose(view.Assignments, region: region) ?? throw NotPlaced(view);
        var rule = view.ConnectivityOf(assignment.Key, region);
        var spec = new NetworkCheckSpec
        {
            Tenant = view.TenantName, Caller = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(caller)))[..16], Room = view.Id, IsMember = ticket is not null,
            Connectivity = CheckPaths.ForNode(rule),
        };
        var report = CheckPaths.Limit(await nodes.CallAsync(assignment, (node, limit) => node.OpenCheckAsync(spec, limit), ct).ConfigureAwait(false), rule);

        // A relay limits what one user has. A participant has a user for its checks, who takes nothing from its call and from others; all strangers at an address are one user, so that they
        // cannot fill the relay. In a meeting, the relays are those of the person's call.
        var user = OpenCheck.ParticipantOf(ticket?.ParticipantId ?? caller);
        var isFull = RelayQuota.IsReached(view.Tenant);
        var grant = isFull ? TurnGrant.None : relays.Issue(view, user, assignment.Key, region, rule, CredentialLifetime, rankId: ticket?.ParticipantId);
        var check = new OpenCheck(assignment.Namespace, assignment.Node, report.CheckId, (time.GetUtcNow() + TimeSpan.FromSeconds(report.Seconds) + Grace).ToUnixTimeSeconds()).Seal(seal, view, caller);
        return new NetworkCheckResponse(
            check,
            report.Seconds,
            report.Connections,
            grant.IceServers,
            report.Addresses,
            report.UdpPorts,
            report.TcpPort,
            [.. CheckPaths.Denied(rule, isFull)],
            rule is { AllowsTunnels: true } ? urls.CheckTunnelUrl(request, id, check) : null);
    }

    private async Task<IResult> ExchangeAsync(
        HttpRequest request, string id, string checkId, string name, Func<NodeControlClient, string, string, CancellationToken, Task<SdpAnswer>> exchange, CancellationToken ct)
    {
        var (view, check) = await FindAsync(request, id, checkId, ct).ConfigureAwait(false);
        NetworkCheckRules.CheckName(name);
        var sdp = NetworkCheckRules.CheckSdp(await RequestBody.ReadJsonAsync<CheckConnection>(request, 2 * NetworkCheckRules.MaxSdpLength, ct).ConfigureAwait(false));
        var answer = await nodes.CallAsync(AssignmentOf(view, check), (node, limit) => exchange(node, check.Room, sdp, limit), ct).ConfigureAwait(false);
        return Results.Ok(new CheckConnection { Sdp = answer.Sdp });
    }

    private async Task<MeetingView> FindMeetingAsync(HttpRequest request, string id, CancellationToken ct)
    {
        if (!Guid.TryParseExact(id, "D", out _))
        {
            throw credentials.UnknownMeeting(request);
        }

        var view = directory.Find(id) ?? throw await missing.GetProblemAsync(request, id, ct).ConfigureAwait(false);
        return view.IsEnded ? throw Ended() : view;
    }

    /// <summary>A meeting that was just created has no media node yet.</summary>
    private async Task<MeetingView> WaitForPlacementAsync(MeetingView view, CancellationToken ct)
    {
        var placed = view.IsPeerToPeer
            ? view
            : await directory.WaitAsync(view.Id, v => v is null || v.IsEnded || v.Assignment is not null, options.Timings.PlacementTimeout, time, ct).ConfigureAwait(false);
        return placed is null or { IsEnded: true } ? throw Ended() : placed;
    }

    /// <summary>The check that a request names. Throws when it is not one of the meeting, was opened from another address, has ended, or has too many requests.</summary>
    public async Task<(MeetingView View, OpenCheck Check)> FindAsync(HttpRequest request, string id, string checkId, CancellationToken ct)
    {
        var view = await FindMeetingAsync(request, id, ct).ConfigureAwait(false);
        if (!OpenCheck.TryRead(seal, view, CallerAddress.Of(request), checkId, out var check))
        {
            throw credentials.CountFailure(request, new ProblemException(ProblemCode.UnknownCheck, "The network check is not one of this meeting, or was opened from another address. Open another one."));
        }

        return check.IsOver(time.GetUtcNow()) ? throw new ProblemException(ProblemCode.UnknownCheck, "The network check has ended. Open another one.")
            : _ofCheck.TryTake(check.Room) ? (view, check)
            : throw ProblemException.TooMany("Too many requests of this network check. Try again later.");
    }

    private async Task<TokenSubject> RequireMemberAsync(HttpRequest request, string text, MeetingView view, CancellationToken ct)
    {
        var ticket = credentials.Ticket(request, text, view);
        var row = await participants.FindAsync(ticket.Tenant, ticket.MeetingId, ticket.ParticipantId!, ct).ConfigureAwait(false);
        return row is null or { ConnectionStatus: ConnectionStatuses.Removed } ? throw new ProblemException(ProblemCode.Forbidden, "This participant is no longer in the meeting.") : ticket;
    }

    /// <summary>The media node of a check. Throws when the meeting has left it.</summary>
    public static MediaAssignment AssignmentOf(MeetingView view, OpenCheck check) =>
        view.Serving.FirstOrDefault(one => one.Namespace == check.Namespace && one.Node == check.Node)
        ?? throw new ProblemException(ProblemCode.UnknownCheck, "The meeting has left the media node of the network check. Open another one.");

    private static ProblemException Ended() => new(ProblemCode.MeetingEnded, "The meeting has ended.");

    private static ProblemException NotPlaced(MeetingView view) => view.IsPeerToPeer
        ? new ProblemException(ProblemCode.CheckUnavailable, "This meeting uses no media node, so there is nothing to check.")
        : new ProblemException(ProblemCode.NotPlaced, view.BlockingCondition?.Message ?? "The meeting has no media node yet. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };

    private static ProblemException TooMany(string detail, TimeSpan retryAfter) => new(ProblemCode.QuotaExceeded, $"{detail} Try again later.") { RetryAfter = retryAfter };
}
