namespace MeetOperator.Signaling.Media;

/// <summary>The participants that a media node was told to remove and that may still be there, because it has not answered. Bounded. Thread-safe.</summary>
internal sealed class PendingRemovals
{
    /// <summary>How many are kept. With another one, the oldest is forgotten: the node removes participants by itself when nothing of them arrives any more.</summary>
    public const int Limit = 256;

    private readonly Lock _gate = new();

    /// <summary>Oldest first.</summary>
    private readonly List<string> _participants = [];

    /// <summary>Records that a participant is to be removed.</summary>
    public void Add(string participantId)
    {
        lock (_gate)
        {
            if (_participants.Contains(participantId))
            {
                return;
            }

            if (_participants.Count == Limit)
            {
                _participants.RemoveAt(0);
            }

            _participants.Add(participantId);
        }
    }

    /// <summary>Records that the node has answered, or that the participant is to be there again.</summary>
    public void Remove(string participantId)
    {
        lock (_gate)
        {
            _participants.Remove(participantId);
        }
    }

    /// <summary>Whether the participant may still have to be removed.</summary>
    public bool Contains(string participantId)
    {
        lock (_gate)
        {
            return _participants.Contains(participantId);
        }
    }

    /// <summary>The participants at this time.</summary>
    public IReadOnlyList<string> List()
    {
        lock (_gate)
        {
            return [.. _participants];
        }
    }
}
