using System.Security.Cryptography;
using System.Text;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Authenticates requests by their Authorization header, and throttles callers that fail to authenticate.</summary>
internal sealed class Credentials(Tokens tokens, ApiKeys apiKeys, OriginPolicy origins, MeetingDirectory directory, SignalingOptions options) : IDisposable
{
    /// <summary>How far this server's clock may be behind the clock of the API server.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    private readonly Throttle _failures = new(perSecond: 10, burst: 50);

    /// <summary>The burst allows a video wall to open a session for every participant of a large meeting at once.</summary>
    private readonly Throttle _ticketRequests = new(perSecond: 20, burst: 200);

    /// <summary>The burst allows reading all pages of a large meeting at once.</summary>
    private readonly Throttle _reads = new(perSecond: 10, burst: 100);

    /// <summary>Larger than what one meeting may use, so that its host does not keep the tenant's other hosts from reading.</summary>
    private readonly Throttle _readsOfTenant = new(perSecond: 20, burst: 200);

    /// <summary>Returns the tenant that the caller may create meetings for.</summary>
    public Tenant Tenant(HttpRequest request)
    {
        if (Bearer(request) is { } key)
        {
            return apiKeys.FindTenant(key)
                ?? throw CountFailure(request, new ProblemException(ProblemCode.Unauthorized, "Unknown API key."));
        }

        if (options.LocalTenant is not { } name || !origins.IsLocal(request))
        {
            throw CountFailure(request, new ProblemException(ProblemCode.Unauthorized, "Missing API key. Send a tenant's API key: 'Authorization: Bearer <apiKey>'."));
        }

        if (!origins.IsAllowed(request))
        {
            throw new ProblemException(ProblemCode.Forbidden, "The origin of this page is not allowed to create meetings. It must be this host or the public URL.");
        }

        return directory.FindTenant(name)
            ?? throw new ProblemException(ProblemCode.Unavailable, $"The tenant '{name}' for local callers does not exist yet. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>Returns an ID of the caller that does not reveal its credential.</summary>
    public string CallerOf(HttpRequest request) =>
        Bearer(request) is { } key ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) : "local";

    /// <summary>Requires a host token for this meeting ID. Throws 401 for an invalid token, or 403 for a valid token of another kind or meeting.</summary>
    public TokenSubject Host(HttpRequest request, string meetingId) =>
        Require(request, TokenKind.Host, meetingId, "the host token from the response to creating the meeting");

    /// <summary>
    /// Requires a host token for this meeting or an API key, and returns the tenant that it belongs to. The meeting may have ended or belong to another tenant: read only
    /// rows of the returned tenant. Requests are rate limited per meeting (with a host token) and per tenant.
    /// </summary>
    public string HostOrTenant(HttpRequest request, string meetingId)
    {
        if (Bearer(request) is { } key && apiKeys.FindTenant(key) is { } tenant)
        {
            return CountRead(tenant.Metadata.Name!, "API key", tenant.Metadata.Name!);
        }

        var subject = Host(request, meetingId);
        return directory.Find(meetingId) is { } meeting && meeting.TenantName == subject.Tenant && !IsForMeeting(subject, meeting)
            ? throw CountFailure(request, new ProblemException(ProblemCode.Forbidden, "The token was issued for an earlier meeting with this ID."))
            : CountRead($"{subject.Tenant}/{meetingId}", "host token", subject.Tenant);
    }

    /// <summary>Requires a ticket for this meeting. Requests are rate limited per participant.</summary>
    public TokenSubject Ticket(HttpRequest request, string meetingId)
    {
        var subject = Require(request, TokenKind.Ticket, meetingId, "the ticket from the join response");
        if (directory.Find(meetingId) is { } meeting && meeting.TenantName == subject.Tenant && !IsForMeeting(subject, meeting))
        {
            throw CountFailure(request, new ProblemException(ProblemCode.Forbidden, "The ticket was issued for an earlier meeting with this ID."));
        }

        return _ticketRequests.TryTake($"{subject.Tenant}/{meetingId}/{subject.ParticipantId}")
            ? subject
            : throw ProblemException.TooMany("Too many requests with this ticket. Try again later.");
    }

    /// <summary>
    /// Returns true if the request has a host token for this meeting, false if it has no Authorization header. Throws for any other token, including one for
    /// another tenant's meeting with the same ID.
    /// </summary>
    public bool AuthenticateHost(HttpRequest request, MeetingView meeting) => Bearer(request) is not null
        && (IsForMeeting(Host(request, meeting.Id), meeting) ? true : throw CountFailure(request, new ProblemException(ProblemCode.Forbidden, "The token was issued for another meeting.")));

    /// <summary>Returns false if the token was issued for a meeting of another tenant, or for an earlier meeting with the same ID.</summary>
    public static bool IsForMeeting(TokenSubject token, MeetingView meeting) =>
        token.Tenant == meeting.TenantName
        && (token.MeetingUid is { } uid ? uid == meeting.Object.Metadata.Uid : !(token.IssuedAt + MaxSkew < meeting.Object.Metadata.CreationTimestamp));

    /// <summary>Requires a valid ticket for this meeting in a request body.</summary>
    public TokenSubject Ticket(HttpRequest request, string ticket, MeetingView meeting) =>
        tokens.TryVerify(TokenKind.Ticket, ticket, out var subject) && subject.MeetingId == meeting.Id && IsForMeeting(subject, meeting)
            ? subject
            : throw CountFailure(request, new ProblemException(ProblemCode.Unauthorized, "'ticket' is not a valid ticket for this meeting. Join without it."));

    /// <summary>Meeting IDs are secrets, so callers that request many unknown IDs are throttled.</summary>
    public ProblemException UnknownMeeting(HttpRequest request) => CountFailure(request, ProblemException.UnknownMeeting());

    private static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count == 0)
        {
            return null;
        }

        const string scheme = "Bearer ";
        return header is [{ } text] && text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? text[scheme.Length..].Trim() : string.Empty;
    }

    private TokenSubject Require(HttpRequest request, TokenKind kind, string meetingId, string what)
    {
        var token = Bearer(request);
        if (tokens.TryVerify(kind, token, out var subject))
        {
            return subject.MeetingId == meetingId
                ? subject
                : throw CountFailure(request, new ProblemException(ProblemCode.Forbidden, "The token was issued for another meeting."));
        }

        var other = kind == TokenKind.Host ? TokenKind.Ticket : TokenKind.Host;
        throw CountFailure(request, tokens.TryVerify(other, token, out _)
            ? new ProblemException(ProblemCode.Forbidden, $"This request requires {what}, but a token of another kind was sent.")
            : new ProblemException(ProblemCode.Unauthorized, $"Missing or invalid token. Send {what}: 'Authorization: Bearer <token>'."));
    }

    /// <summary>
    /// Counts a failure against the caller's address. Returns the problem, or a 429 problem if the address has too many failures. Valid credentials are never
    /// throttled here.
    /// </summary>
    public ProblemException CountFailure(HttpRequest request, ProblemException problem) => _failures.TryTake(CallerAddress.Of(request))
        ? problem
        : new ProblemException(ProblemCode.QuotaExceeded, "Too many failed requests from this address. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>Returns the tenant, or throws 429.</summary>
    private string CountRead(string caller, string credential, string tenant) =>
        !_reads.TryTake(caller) ? throw ProblemException.TooMany($"Too many requests with this {credential}. Try again later.")
        : !_readsOfTenant.TryTake(tenant) ? throw ProblemException.TooMany("Too many requests of this tenant. Try again later.")
        : tenant;

    public void Dispose()
    {
        _reads.Dispose();
        _readsOfTenant.Dispose();
        _failures.Dispose();
        _ticketRequests.Dispose();
    }
}
