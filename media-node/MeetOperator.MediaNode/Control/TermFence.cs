using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Control;

/// <summary>
/// Keeps the highest term of the operator's leadership that any of its calls carried, polls included, and refuses changes under a lower one. Safe for
/// concurrent use.
/// </summary>
internal sealed class TermFence(TimeProvider clock)
{
    /// <summary>
    /// Many polls of a leader. After so long without any term the leader is one of before terms, as when a new replica crashed in the middle of an upgrade.
    /// </summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    private const long None = -1;
    private long _highest = None;
    private long _lastTerm;

    /// <summary>Null until a call carried a term.</summary>
    public long? Highest => Interlocked.Read(ref _highest) is var highest and not None ? highest : null;

    /// <summary>A call that only reads: answered under any term, and a newer leader is known from then on.</summary>
    public void Observe(HttpContext context)
    {
        if (Read(context) is { } term)
        {
            Raise(term);
        }
    }

    /// <summary>
    /// A call of the operator that changes something; made after its body was read, so that a slow one counts from its end. An operator that sends no term
    /// is one of before terms, and served only while none that does has called for a minute.
    /// </summary>
    public void Pass(HttpContext context)
    {
        var term = Read(context);
        if (term is { } given)
        {
            Raise(given);
        }

        if (Highest is { } highest && (term is { } own ? own < highest : clock.GetElapsedTime(Interlocked.Read(ref _lastTerm)) < Memory))
        {
            throw Refusal.StaleTerm(highest, term);
        }
    }

    private void Raise(long term)
    {
        Interlocked.Exchange(ref _lastTerm, clock.GetTimestamp());
        long seen;
        while ((seen = Interlocked.Read(ref _highest)) < term && Interlocked.CompareExchange(ref _highest, term, seen) != seen)
        {
            // Another call raised it in between.
        }
    }

    private static long? Read(HttpContext context)
    {
        var header = context.Request.Headers[TermHeader.Name];
        return header.Count == 0 ? null
            : header.Count == 1 && TermHeader.TryRead(header[0]!, out var term) ? term
            : throw Refusal.InvalidRequest($"{TermHeader.Name} must be one whole number from 0.");
    }
}
