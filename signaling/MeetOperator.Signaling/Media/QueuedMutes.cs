using MeetOperator.NodeControl;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Media;

/// <summary>The newest requested mute state of the microphone and the camera that the media node does not know yet. Thread-safe.</summary>
internal sealed class QueuedMutes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MediaType, bool> _newest = [];

    /// <summary>Records a state. Returns false if an earlier one is queued, in whose place it will be sent.</summary>
    public bool TryEnqueue(MediaType kind, bool muted)
    {
        lock (_gate)
        {
            var isFirst = !_newest.ContainsKey(kind);
            _newest[kind] = muted;
            return isFirst;
        }
    }

    /// <summary>Takes the newest state.</summary>
    public MuteState Take(MediaType kind)
    {
        lock (_gate)
        {
            _newest.Remove(kind, out var muted);
            return kind == MediaType.Audio ? new MuteState { Microphone = muted } : new MuteState { Camera = muted };
        }
    }
}
