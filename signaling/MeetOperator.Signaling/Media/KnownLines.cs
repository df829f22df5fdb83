using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// What the media nodes of a meeting report about the lines of participants, so that the pictures of a session on another node need not wait until the line is measured again.
/// <para>
/// The rule: a session that this server opens for a participant begins with the line that the participant's own node, or the one before it, has reported, if that was still known in the
/// last 30 s (<see cref="MaxAge"/>). This includes moves, nodes that have failed, and sessions that a node has lost: in all of them the media stops for a reason of the server, and the line is
/// the same. The line is forgotten when the reason may be the network of the client: its path has failed (<see cref="Forget(string, RoomKey)"/>), or it asks for new sessions while
/// its node works (<see cref="Forget(string)"/>). A line that is then assumed to be wide would be filled with pictures in front of its sound, and a start with the default costs only a moment of small pictures.
/// </para>
/// <para>
/// The limit: when the media node of a participant and the signaling server that has its socket fail together, the next session begins without a line: another server has the reports too, but
/// cannot find out which node the participant used.
/// </para>
/// Reports are kept by room, and only the participant's own rooms count, so a node that lies affects nobody else. Reports about all participants are kept, because
/// the sockets of some are on other servers and may come here. Thread-safe.
/// </summary>
internal sealed class KnownLines(TimeProvider time)
{
    /// <summary>How long a line counts after its node no longer knows it, or can no longer be read.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    /// <summary>The maximum number of participants of a meeting (<c>maxParticipants</c>). Limits the memory that a node can take.</summary>
    private const int MaxLines = 5_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<RoomKey, Dictionary<string, Known>> _rooms = [];

    /// <summary>Records what a node reports. A value outside of 1 to <see cref="SubscribeRequest.MaxLineKbps"/> counts as unknown.</summary>
    public void Record(RoomKey room, IReadOnlyList<ParticipantLine?> lines)
    {
        lock (_lock)
        {
            foreach (var line in lines.Where(line => line is { ParticipantId.Length: <= ProtocolLimits.MaxIdLength }))
            {
                if (line is { Kbps: >= 1 and <= SubscribeRequest.MaxLineKbps })
                {
                    Set(room, line.ParticipantId, new Known(line.Kbps.Value, LastAt: null));
                }
                else if (Find(room, line!.ParticipantId) is { LastAt: null } known)
                {
                    Set(room, line.ParticipantId, known with { LastAt = Now });
                }
            }
        }
    }

    /// <summary>The events of a room can no longer be read. When they can again, they begin with all lines that its node knows.</summary>
    public void RecordBreak(RoomKey room)
    {
        lock (_lock)
        {
            foreach (var (id, known) in _rooms.GetValueOrDefault(room)?.ToArray() ?? [])
            {
                Set(room, id, known with { LastAt = known.LastAt ?? Now });
            }
        }
    }

    /// <summary>
    /// A participant uses another room. What is known from the former one counts there until the next one reports a line, for 30 s at most (<see cref="MaxAge"/>). What the next
    /// one still knows, or has known more recently, stays.
    /// </summary>
    public void Move(string participantId, RoomKey former, RoomKey next)
    {
        lock (_lock)
        {
            if (Find(former, participantId) is not { } known)
            {
                return;
            }

            var lastAt = known.LastAt ?? Now;
            if (Find(next, participantId) is not { } own || own.LastAt <= lastAt)
            {
                Set(next, participantId, known with { LastAt = lastAt });
            }
        }
    }

    /// <summary>The path of a participant to the node of a room has failed. What other nodes know stays, because they do not report it again while it is the same.</summary>
    public void Forget(string participantId, RoomKey room)
    {
        lock (_lock)
        {
            _rooms.GetValueOrDefault(room)?.Remove(participantId);
        }
    }

    /// <summary>The network of a participant may be another one. Nodes report the line again when it has another session.</summary>
    public void Forget(string participantId)
    {
        lock (_lock)
        {
            foreach (var lines in _rooms.Values)
            {
                lines.Remove(participantId);
            }
        }
    }

    /// <summary>What the line of a participant in the room takes, in kbit/s; null if it is not known, or was for the last time too long ago.</summary>
    public int? Find(string participantId, RoomKey room)
    {
        lock (_lock)
        {
            return Find(room, participantId) is { } known && !IsOld(known) ? known.Kbps : null;
        }
    }

    /// <summary>Whether the node of the room still knows the line of a participant.</summary>
    public bool IsCurrent(string participantId, RoomKey room)
    {
        lock (_lock)
        {
            return Find(room, participantId) is { LastAt: null };
        }
    }

    /// <summary>Removes what no longer counts.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            foreach (var (room, lines) in _rooms)
            {
                foreach (var (id, known) in lines)
                {
                    if (IsOld(known))
                    {
                        lines.Remove(id);
                    }
                }

                if (lines.Count == 0)
                {
                    _rooms.Remove(room);
                }
            }
        }
    }

    private TimeSpan Now => time.GetElapsedTime(0);

    private bool IsOld(Known known) => Now - known.LastAt > MaxAge;

    private Known? Find(RoomKey room, string participantId) => _rooms.TryGetValue(room, out var lines) && lines.TryGetValue(participantId, out var known) ? known : null;

    private void Set(RoomKey room, string participantId, Known known)
    {
        if (!_rooms.TryGetValue(room, out var lines))
        {
            _rooms[room] = lines = new Dictionary<string, Known>(StringComparer.Ordinal);
        }

        if (lines.Count < MaxLines || lines.ContainsKey(participantId))
        {
            lines[participantId] = known;
        }
    }

    /// <param name="Kbps">What the line takes.</param>
    /// <param name="LastAt">When it was known for the last time; null while it is.</param>
    private readonly record struct Known(int Kbps, TimeSpan? LastAt);
}
