using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Credentials;

/// <summary>
/// Records the highest operator term of all requests, including polls, and rejects changes with a lower term. Safe for concurrent use.
/// </summary>
internal sealed class TermFence(TimeProvider clock)
{
    /// <summary>
    /// Covers many polls of a leader. When no request has carried a term for this long, the current leader is a version that does not send terms, for example
    /// because the new replica crashed during an upgrade.
    /// </summary>
    private static readonly TimeSpan LegacyGracePeriod = TimeSpan.FromSeconds(60);

    private const long NoTerm = -1;
    private long _highest = NoTerm;
    private long _lastTermTimestamp;

    /// <summary>The highest term so far, or null when no request has carried one.</summary>
    public long? Highest => Interlocked.Read(ref _highest) is var highest and not NoTerm ? highest : null;

    /// <summary>Records the term of a request that only reads. Such requests are accepted with any term.</summary>
    public void Observe(HttpContext context)
    {
        if (Read(context) is { } term)
        {
            Raise(term);
        }
    }

    /// <summary>
    /// Throws when a request that changes something has an outdated term. Call this after reading the body, so that a slow request is compared with the term at its
    /// end. A request without a term, from an operator version before terms, is accepted only when no request has carried a term for <see cref="LegacyGracePeriod"/>.
    /// </summary>
    public void EnsureCurrent(HttpContext context)
    {
        var term = Read(context);
        if (term is { } given)
        {
            Raise(given);
        }

        if (Highest is { } highest && (term is { } own ? own < highest : clock.GetElapsedTime(Interlocked.Read(ref _lastTermTimestamp)) < LegacyGracePeriod))
        {
            throw ControlProblemException.StaleTerm(highest, term);
        }
    }

    private void Raise(long term)
    {
        Interlocked.Exchange(ref _lastTermTimestamp, clock.GetTimestamp());
        long seen;
        while ((seen = Interlocked.Read(ref _highest)) < term && Interlocked.CompareExchange(ref _highest, term, seen) != seen)
        {
            // Another request raised the term concurrently.
        }
    }

    private static long? Read(HttpContext context)
    {
        var header = context.Request.Headers[TermHeader.Name];
        return header.Count == 0 ? null
            : header.Count == 1 && TermHeader.TryRead(header[0]!, out var term) ? term
            : throw ControlProblemException.InvalidRequest($"The {TermHeader.Name} header must be a single non-negative integer.");
    }
}
