using System.Collections.Concurrent;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Hub;

/// <summary>The meeting sessions of this replica. The first holder opens a session, and releasing the last reference closes it. Thread-safe.</summary>
internal sealed class MeetingSessions(MeetingServices services)
{
    /// <summary>By UID, because a later meeting can have the same ID while the session of the earlier one is still held.</summary>
    private readonly ConcurrentDictionary<(MeetingKey Meeting, string? Uid), OpenSession> _sessions = [];
    private readonly SemaphoreSlim _gate = new(1);
    private readonly ConcurrentDictionary<Task, bool> _departures = [];
    private readonly CancellationTokenSource _evacuating = new();
    private volatile bool _isEvacuating;

    public MeetingServices Services => services;

    /// <summary>True while the server shuts down. New sockets are then closed immediately.</summary>
    public bool IsEvacuating => _isEvacuating;

    /// <summary>Cancelled when <see cref="IsEvacuating"/> becomes true.</summary>
    public CancellationToken Evacuating => _evacuating.Token;

    public async Task<SessionReference> AcquireAsync(MeetingView meeting)
    {
        var key = (meeting.Key, meeting.Object.Metadata.Uid);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_sessions.TryGetValue(key, out var open))
            {
                _sessions[key] = open = new OpenSession(await MeetingSession.OpenAsync(meeting, services).ConfigureAwait(false));
            }

            open.References++;
            return new SessionReference(open.Session, () => ReleaseAsync(key));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether this replica has found that a media node of the meeting is gone. False if it does not serve the meeting.</summary>
    public bool IsGone(MeetingView meeting, RoomKey room) => _sessions.TryGetValue((meeting.Key, meeting.Object.Metadata.Uid), out var open) && open.Session.Media.IsGone(room);

    /// <summary>Closes every socket with close code 1012, so that clients reconnect to another replica.</summary>
    public async Task EvacuateAsync()
    {
        _isEvacuating = true;
        await _evacuating.CancelAsync().ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        List<MeetingSession> all;
        try
        {
            all = [.. _sessions.Values.Select(h => h.Session)];
        }
        finally
        {
            _gate.Release();
        }

        await Task.WhenAll(all.Select(s => s.EvacuateAsync())).ConfigureAwait(false);
    }

    /// <summary>Processes a departure in the background and then releases the session. Failures are logged.</summary>
    public void Depart(SessionReference reference, Func<Task> departure)
    {
        var running = DepartAsync(reference, departure);
        _departures.TryAdd(running, true);
        _ = running.ContinueWith(done => _departures.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>Completes when all departures so far are processed.</summary>
    public Task CompleteDeparturesAsync() => Task.WhenAll(_departures.Keys);

    private static async Task DepartAsync(SessionReference reference, Func<Task> departure)
    {
        try
        {
            await using (reference.ConfigureAwait(false))
            {
                await departure().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            reference.Session.LogFailure(e);
        }
    }

    private async Task ReleaseAsync((MeetingKey Meeting, string? Uid) key)
    {
        MeetingSession? last = null;
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_sessions.TryGetValue(key, out var open) && --open.References == 0)
            {
                _sessions.TryRemove(key, out _);
                last = open.Session;
            }
        }
        finally
        {
            _gate.Release();
        }

        if (last is not null)
        {
            await last.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class OpenSession(MeetingSession session)
    {
        public MeetingSession Session { get; } = session;

        public int References { get; set; }
    }
}
