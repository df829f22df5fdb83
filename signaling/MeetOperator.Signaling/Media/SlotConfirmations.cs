using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Media;

/// <summary>The newest assignment of slots of each session that the client has applied and the media node does not know yet. Thread-safe.</summary>
internal sealed class SlotConfirmations
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SlotsAppliedMessage> _newest = new(StringComparer.Ordinal);

    /// <summary>Records a confirmation. Returns false if an earlier one of the session is queued, in whose place it will be sent.</summary>
    public bool TryEnqueue(SlotsAppliedMessage applied)
    {
        lock (_gate)
        {
            var queued = _newest.GetValueOrDefault(applied.SessionId);
            _newest[applied.SessionId] = queued?.Version > applied.Version ? queued : applied;
            return queued is null;
        }
    }

    /// <summary>Takes the newest confirmation of a session.</summary>
    public SlotsAppliedMessage? Take(string sessionId)
    {
        lock (_gate)
        {
            _newest.Remove(sessionId, out var newest);
            return newest;
        }
    }
}
