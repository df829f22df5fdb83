using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>The sessions of this instance: opened by the first who needs one, closed behind the last.</summary>
public sealed class MeetingSessions(MeetingServices services)
{
    /// <summary>By Meeting object: another one may come to have the id while somebody still holds the session of the first.</summary>
    private readonly Dictionary<(MeetingKey Meeting, string? Uid), Held> sessions = [];
    private readonly SemaphoreSlim gate = new(1);
    private volatile bool evacuating;

    public MeetingServices Services => services;

    /// <summary>True once the server is going down: sockets that come now are sent away at once.</summary>
    public bool IsEvacuating => evacuating;

    public async Task<SessionHold> AcquireAsync(MeetingView meeting)
    {
        var key = (meeting.Key, meeting.Object.Metadata.Uid);
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!sessions.TryGetValue(key, out var held))
            {
                sessions[key] = held = new Held(await MeetingSession.OpenAsync(meeting, services).ConfigureAwait(false));
            }

            held.Holds++;
            return new SessionHold(held.Session, () => ReleaseAsync(key));
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Sends every client away with close code 1012, so that it comes back to another instance.</summary>
    public async Task EvacuateAsync()
    {
        evacuating = true;
        await gate.WaitAsync().ConfigureAwait(false);
        List<MeetingSession> all;
        try
        {
            all = [.. sessions.Values.Select(h => h.Session)];
        }
        finally
        {
            gate.Release();
        }

        await Task.WhenAll(all.Select(s => s.EvacuateAsync())).ConfigureAwait(false);
    }

    private async Task ReleaseAsync((MeetingKey Meeting, string? Uid) key)
    {
        MeetingSession? last = null;
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (sessions.TryGetValue(key, out var held) && --held.Holds == 0)
            {
                sessions.Remove(key);
                last = held.Session;
            }
        }
        finally
        {
            gate.Release();
        }

        if (last is not null)
        {
            await last.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class Held(MeetingSession session)
    {
        public MeetingSession Session { get; } = session;

        public int Holds { get; set; }
    }
}
