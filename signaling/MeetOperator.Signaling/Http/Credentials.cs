using System.Security.Cryptography;
using System.Text;
using MeetOperator.Contracts;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Who asks: reads the Authorization header and holds callers who guess to a rate.</summary>
public sealed class Credentials(Tokens tokens, ApiKeys apiKeys, OriginPolicy origins, MeetingDirectory directory, SignalingOptions options) : IDisposable
{
    /// <summary>By how much this server's clock may be behind the API server's.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);

    private readonly Throttle failures = new(perSecond: 10, burst: 50);

    /// <summary>The burst lets a video wall open a session for everybody in a large meeting at once.</summary>
    private readonly Throttle ticketRequests = new(perSecond: 20, burst: 200);

    /// <summary>The tenant for whom a meeting may be created.</summary>
    public Tenant Tenant(HttpRequest request)
    {
        if (Bearer(request) is { } key)
        {
            return apiKeys.FindTenant(key)
                ?? throw Failed(request, new ProblemException(ProblemCode.Unauthorized, "The API key belongs to no tenant."));
        }

        if (options.LocalTenant is not { } name || !origins.IsLocal(request))
        {
            throw Failed(request, new ProblemException(ProblemCode.Unauthorized, "Send a tenant's API key: 'Authorization: Bearer <apiKey>'."));
        }

        if (!origins.Allows(request))
        {
            throw new ProblemException(ProblemCode.Forbidden, "This page may not create meetings here: its origin is neither this host nor the public URL.");
        }

        return directory.FindTenant(name)
            ?? throw new ProblemException(ProblemCode.Unavailable, $"The tenant '{name}' for local callers does not exist yet.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>Who sends a request that creates something, without the credential itself.</summary>
    public string CallerOf(HttpRequest request) =>
        Bearer(request) is { } key ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) : "local";

    /// <summary>The host token of this meeting; anything else is 401, or 403 when it is a good token for something else.</summary>
    public TokenSubject Host(HttpRequest request, string meetingId) =>
        Require(request, TokenKind.Host, meetingId, "the host token that creating the meeting answered");

    /// <summary>The ticket of this meeting. Each request with it counts for its participant, who may send only so many.</summary>
    public TokenSubject Ticket(HttpRequest request, string meetingId)
    {
        var subject = Require(request, TokenKind.Ticket, meetingId, "the ticket that joining answered");
        if (directory.Find(meetingId) is { } meeting && meeting.TenantName == subject.Tenant && !IsOf(subject, meeting))
        {
            throw Failed(request, new ProblemException(ProblemCode.Forbidden, "The ticket is of an earlier meeting with this id."));
        }

        return ticketRequests.TryTake($"{subject.Tenant}/{meetingId}/{subject.ParticipantId}")
            ? subject
            : throw ProblemException.TooMany("Too many requests with this ticket.");
    }

    /// <summary>True for the host token of this meeting; no header at all is fine, a bad one is not. Another tenant's meeting may have had the same id before.</summary>
    public bool IsHost(HttpRequest request, MeetingView meeting) => Bearer(request) is not null
        && (IsOf(Host(request, meeting.Id), meeting) ? true : throw Failed(request, new ProblemException(ProblemCode.Forbidden, "The token is for another meeting.")));

    /// <summary>False for the token of another tenant's meeting, or of an earlier one that had the same id: a token lives no longer than its meeting.</summary>
    public static bool IsOf(TokenSubject token, MeetingView meeting) =>
        token.Tenant == meeting.TenantName
        && (token.MeetingUid is { } uid ? uid == meeting.Object.Metadata.Uid : !(token.IssuedAt + MostSkew < meeting.Object.Metadata.CreationTimestamp));

    /// <summary>A ticket that came in a body.</summary>
    public TokenSubject Ticket(HttpRequest request, string ticket, MeetingView meeting) =>
        tokens.TryVerify(TokenKind.Ticket, ticket, out var subject) && subject.MeetingId == meeting.Id && IsOf(subject, meeting)
            ? subject
            : throw Failed(request, new ProblemException(ProblemCode.Unauthorized, "'ticket' is not a valid ticket of this meeting; join without it."));

    /// <summary>Ids are secrets: who asks for many that do not exist is slowed down.</summary>
    public ProblemException UnknownMeeting(HttpRequest request) => Failed(request, ProblemException.UnknownMeeting());

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
                : throw Failed(request, new ProblemException(ProblemCode.Forbidden, "The token is for another meeting."));
        }

        var other = kind == TokenKind.Host ? TokenKind.Ticket : TokenKind.Host;
        throw Failed(request, tokens.TryVerify(other, token, out _)
            ? new ProblemException(ProblemCode.Forbidden, $"This needs {what}.")
            : new ProblemException(ProblemCode.Unauthorized, $"Send {what}: 'Authorization: Bearer <token>'."));
    }

    /// <summary>Counts a refusal against its source; who collects too many is told to slow down. Good credentials are never held up.</summary>
    public ProblemException Failed(HttpRequest request, ProblemException problem) => failures.TryTake(CallerAddress.Of(request))
        ? problem
        : new ProblemException(ProblemCode.QuotaExceeded, "Too many refused requests from this address.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public void Dispose()
    {
        failures.Dispose();
        ticketRequests.Dispose();
    }
}
