using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Media;

/// <summary>The mute states of the microphone and the camera that a client has requested last, and which of them are queued for its media nodes. Thread-safe.</summary>
internal sealed class WantedMutes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MediaType, bool> _newest = [];
    private readonly HashSet<MediaType> _queued = [];

    /// <summary>Records a state. Returns false if an earlier one is queued, in whose place it will be sent.</summary>
    public bool TryEnqueue(MediaType kind, bool muted)
    {
        lock (_gate)
        {
            _newest[kind] = muted;
            return _queued.Add(kind);
        }
    }

    /// <summary>Records that the queued state is being sent. A later one is queued again.</summary>
    public void Dequeue(MediaType kind)
    {
        lock (_gate)
        {
            _queued.Remove(kind);
        }
    }

    /// <summary>The newest state of one kind, which the client has requested. Read it when a call begins, not when it is queued.</summary>
    public MuteState Find(MediaType kind)
    {
        lock (_gate)
        {
            var muted = _newest[kind];
            return kind == MediaType.Audio ? new MuteState { Microphone = muted } : new MuteState { Camera = muted };
        }
    }

    /// <summary>
    /// The state for a node that may know another one; null if nothing is muted and the client has requested nothing. A host may have muted what the client has not, which only presence shows.
    /// </summary>
    public MuteState? Combine(PresenceEntry? entry)
    {
        lock (_gate)
        {
            var microphone = Combine(MediaType.Audio, isMuted: entry is { Audio: false });
            var camera = Combine(MediaType.Video, isMuted: entry is { Video: false });
            return microphone is null && camera is null ? null : new MuteState { Microphone = microphone, Camera = camera };
        }
    }

    private bool? Combine(MediaType kind, bool isMuted)
    {
        if (isMuted)
        {
            return true;
        }

        return _newest.TryGetValue(kind, out var muted) ? muted : null;
    }
}
