namespace MeetOperator.Relay.Transport;

/// <summary>
/// The sessions of a link: the current one, in which packets are sent; the former one, whose late packets are still received; and at the opener the next one, which
/// becomes current with its first authentic packet, because that shows that the acceptor has it too.
/// </summary>
internal sealed class LinkSessions : IDisposable
{
    /// <summary>How long packets of the former session are received.</summary>
    internal const long FormerTicks = 5 * TimeSpan.TicksPerSecond;

    private LinkSession? _next;
    private LinkSession? _former;

    internal LinkSession? Current { get; private set; }

    /// <summary>When the former session ends; <see cref="long.MaxValue"/> for never.</summary>
    internal long NextTimeoutTicks { get; private set; } = long.MaxValue;

    internal LinkSession? Find(ushort number)
    {
        if (Current is { } current && current.Number == number)
        {
            return current;
        }

        return _next is { } next && next.Number == number ? next
            : _former is { } former && former.Number == number ? former
            : null;
    }

    internal bool IsNext(LinkSession session) => session == _next;

    /// <summary>Keeps a session until its first packet arrives. Replaces an earlier one that no packet has arrived for.</summary>
    internal void SetNext(LinkSession session)
    {
        Remove(other => other.Number == session.Number);
        _next?.Dispose();
        _next = session;
    }

    /// <summary>Makes a session the current one.</summary>
    internal void Promote(long nowTicks, LinkSession session)
    {
        _next = session == _next ? null : _next;

        // A restarted opener may choose a number that is in use.
        Remove(other => other != session && (other.Number == session.Number || (session.StartsChannel && other.Channel == session.Channel)));
        _former?.Dispose();
        (_former, Current) = (Current, session);
        NextTimeoutTicks = _former is null ? long.MaxValue : nowTicks + FormerTicks;
    }

    /// <summary>Ends the sessions that the condition holds for.</summary>
    internal void Remove(Func<LinkSession, bool> condition)
    {
        Current = Keep(Current);
        _next = Keep(_next);
        _former = Keep(_former);
        NextTimeoutTicks = _former is null ? long.MaxValue : NextTimeoutTicks;

        LinkSession? Keep(LinkSession? session)
        {
            if (session is null || !condition(session))
            {
                return session;
            }

            session.Dispose();
            return null;
        }
    }

    internal void HandleTimeout(long nowTicks)
    {
        if (nowTicks >= NextTimeoutTicks)
        {
            Remove(session => session == _former);
        }
    }

    public void Dispose() => Remove(_ => true);
}
