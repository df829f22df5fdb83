using System.Text;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features;

/// <summary>
/// Delivers the entries of a log to the members of one session in database order. An entry from the bus is delivered only if it is the next one. Otherwise, the missing
/// entries are read from the database, so lost or reordered events have no effect. Runs on the session's loop.
/// </summary>
internal sealed class OrderedLog<T>(IMeetingLog<T> log)
    where T : class
{
    private const int MaxReplayed = 100;
    private const int MaxPerPage = 200;
    private const long NotReplayed = -1;

    /// <summary>Position of the last entry that was delivered on this replica.</summary>
    private long _position = NotReplayed;

    /// <summary>True if entries may be missing that no bus event will announce.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>
    /// Sends the last entries to a new member. If they include entries that the other members have not received, all members catch up, including entries that
    /// were stored between the two reads. Also retries the replay of members whose replay failed.
    /// </summary>
    public async Task ReplayAsync(Member newcomer, IReadOnlyCollection<Member> others, CancellationToken ct)
    {
        IsBehind = true;
        await ReplayAsync(newcomer, ct).ConfigureAwait(false);
        if (PositionOf(newcomer) > _position || others.Any(m => PositionOf(m) == NotReplayed))
        {
            await CatchUpAsync([newcomer, .. others], ct).ConfigureAwait(false);
        }

        IsBehind = false;
    }

    /// <summary>Sends an entry from the bus, or catches up if entries before it are missing. Ignores an entry that was already delivered.</summary>
    public async Task DeliverAsync(long position, string frame, IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        if (position == _position + 1 && !IsBehind)
        {
            Deliver(position, Encoding.UTF8.GetBytes(frame), members);
        }
        else if (position > _position)
        {
            await CatchUpAsync(members, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and sends all entries after the last delivered one, and retries the replay of members whose replay failed.</summary>
    public async Task CatchUpAsync(IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        IsBehind = true;
        foreach (var member in members.Where(m => PositionOf(m) == NotReplayed))
        {
            await ReplayAsync(member, ct).ConfigureAwait(false);
        }

        while (_position != NotReplayed)
        {
            var entries = await log.ListAfterAsync(_position, MaxPerPage, ct).ConfigureAwait(false);
            foreach (var entry in entries)
            {
                Deliver(log.PositionOf(entry), log.FrameOf(entry), members);
            }

            if (entries.Count < MaxPerPage)
            {
                break;
            }
        }

        IsBehind = false;
    }

    private long PositionOf(Member member) => member.LogPositions.GetValueOrDefault(this, NotReplayed);

    private async Task ReplayAsync(Member newcomer, CancellationToken ct)
    {
        var entries = await log.ListLastAsync(MaxReplayed, ct).ConfigureAwait(false);
        foreach (var entry in entries)
        {
            newcomer.Transport.Send(log.FrameOf(entry), Lane.Required);
        }

        var last = entries.Count > 0 ? log.PositionOf(entries[^1]) : 0;
        newcomer.LogPositions[this] = last;
        if (_position == NotReplayed)
        {
            _position = last;
        }
    }

    private void Deliver(long position, byte[] frame, IReadOnlyCollection<Member> members)
    {
        foreach (var member in members)
        {
            // A member whose replay is pending gets this entry with the replay.
            var sent = PositionOf(member);
            if (sent != NotReplayed && sent < position)
            {
                member.Transport.Send(frame, Lane.Required);
                member.LogPositions[this] = position;
            }
        }

        _position = position;
    }
}
