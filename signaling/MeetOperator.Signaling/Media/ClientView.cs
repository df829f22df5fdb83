using MeetOperator.NodeControl;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Media;

/// <summary>What a client shows, and when its media node gets it: at the rate of <see cref="ViewPace"/>, the last one only. Thread-safe.</summary>
internal sealed class ClientView
{
    private readonly Lock _gate = new();
    private ViewRequest? _latest;
    private bool _isQueued;
    private ViewPace _pace;

    /// <summary>The last view; null until the client tells.</summary>
    public ViewRequest? Latest
    {
        get
        {
            lock (_gate)
            {
                return _latest;
            }
        }
    }

    /// <summary>Records a view. Returns the time until it is to be sent, or null if a former one is queued, in whose place it will be sent.</summary>
    /// <param name="view">The view.</param>
    /// <param name="now">The time since a fixed moment.</param>
    public TimeSpan? Enqueue(ViewMessage view, TimeSpan now)
    {
        lock (_gate)
        {
            _latest = new ViewRequest
            {
                Tracks = [.. view.Tracks.Select(t => new NodeControl.ViewedTrack { ParticipantId = t.ParticipantId, Source = WireName.Of(t.Source), Width = t.Width, Height = t.Height, Pinned = t.IsPinned })],
                Pinned = view.Pinned,
            };
            if (_isQueued)
            {
                return null;
            }

            _isQueued = true;
            return _pace.WaitAt(now);
        }
    }

    /// <summary>Records that the queued view is sent.</summary>
    /// <param name="now">The time since a fixed moment.</param>
    public void MarkSent(TimeSpan now)
    {
        lock (_gate)
        {
            _isQueued = false;
            _pace.Record(now);
        }
    }
}
