using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Features.Quality;

/// <summary>The paths that the members of one meeting on this replica reported, as the metrics count them. Thread-safe.</summary>
internal sealed class MemberPaths(SignalingMetrics metrics)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Taken> _paths = new(StringComparer.Ordinal);
    private bool _isClosed;

    /// <summary>Sets the path of a member. Does nothing after <see cref="Close"/>.</summary>
    public void Set(string participantId, PathKind path, PathReason? reason)
    {
        var taken = new Taken(path, reason);
        lock (_gate)
        {
            Taken? before = _paths.TryGetValue(participantId, out var known) ? known : null;
            if (_isClosed || before == taken)
            {
                return;
            }

            _paths[participantId] = taken;
            metrics.PathChanged(before?.Path, path);
            if (reason is { } why)
            {
                metrics.FellBack(path, why);
            }
        }
    }

    /// <summary>Forgets those who are not members any more.</summary>
    public void Keep(Func<string, bool> isMember)
    {
        lock (_gate)
        {
            foreach (var gone in _paths.Keys.Where(id => !isMember(id)).ToList())
            {
                Forget(gone);
            }
        }
    }

    /// <summary>Forgets all, because this replica no longer serves the meeting.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var id in _paths.Keys.ToList())
            {
                Forget(id);
            }
        }
    }

    private void Forget(string participantId)
    {
        if (_paths.Remove(participantId, out var last))
        {
            metrics.PathChanged(last.Path, null);
        }
    }

    private readonly record struct Taken(PathKind Path, PathReason? Reason);
}
