using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// The lines of a room's participants as they were reported last, and what has changed by more than a fifth since then. An estimate swings by less while the line stays as it is.
/// Not thread-safe.
/// </summary>
internal sealed class LineChanges
{
    private readonly Dictionary<string, Reported> _reported = new(StringComparer.Ordinal);
    private List<ParticipantLine>? _changed;
    private int _round;

    /// <summary>All lines that are known, as they were reported last.</summary>
    public IReadOnlyList<ParticipantLine> Known => [.. _reported.Select(known => new ParticipantLine { ParticipantId = known.Key, Kbps = known.Value.Kbps })];

    /// <summary>Adds the line of a participant. One that is not added before the next <see cref="Take"/> is no longer known.</summary>
    /// <param name="participantId">The participant.</param>
    /// <param name="session">The connection that was measured. A first value of another one is reported even if it is the same.</param>
    /// <param name="bitsPerSecond">What the line takes; null while it is not known.</param>
    public void Add(string participantId, object session, long? bitsPerSecond)
    {
        if (bitsPerSecond is not { } bits)
        {
            return;
        }

        var kbps = (int)Math.Clamp(bits / 1000, 1, SubscribeRequest.MaxLineKbps);
        if (!_reported.TryGetValue(participantId, out var reported))
        {
            _reported[participantId] = reported = new Reported();
        }

        reported.Round = _round;
        if (reported.Session != session || Math.Abs(kbps - reported.Kbps) * 5L > reported.Kbps)
        {
            (reported.Session, reported.Kbps) = (session, kbps);
            (_changed ??= []).Add(new ParticipantLine { ParticipantId = participantId, Kbps = kbps });
        }
    }

    /// <summary>Returns what has changed since the last call, and counts it as reported. Null when nothing has.</summary>
    public IReadOnlyList<ParticipantLine>? Take()
    {
        foreach (var (id, reported) in _reported)
        {
            if (reported.Round != _round)
            {
                _reported.Remove(id);
                (_changed ??= []).Add(new ParticipantLine { ParticipantId = id });
            }
        }

        _round++;
        var changed = _changed;
        _changed = null;
        return changed;
    }

    private sealed class Reported
    {
        public object? Session { get; set; }

        public int Kbps { get; set; }

        public int Round { get; set; }
    }
}
