using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>
/// Decides who carries the tracks of one participant in a room: a publish session of the room, or a link to the room of another media node. The rules:
/// <list type="bullet">
/// <item>The highest <see cref="Carriage"/> carries. A session or a link takes a track over from a lower one with its first packet of sound, or the first one of a key frame.</item>
/// <item>When a carrier ends, the best of those that are left takes the track over at once: those that are connected come first. The track closes when there are none.</item>
/// <item>A link carries an announced track at once if the room has no track of that source.</item>
/// </list>
/// What a room tells other media nodes is only what sessions on this one carry, so nothing goes in circles. Without clock and I/O. Used by the loop's thread.
/// </summary>
/// <param name="tracks">The tracks of the participant.</param>
internal sealed class TrackCarriage(ParticipantTracks tracks)
{
    private readonly List<ISessionCarrier> _sessions = [];
    private readonly List<AnnouncedTrack> _announced = [];
    private uint _highest;

    /// <summary>Whether nobody can carry a track.</summary>
    public bool IsEmpty => _sessions.Count + _announced.Count == 0;

    /// <summary>Returns the number of a new publish session: above all that the room has seen for the participant.</summary>
    public uint NextNumber() => _highest = _highest == uint.MaxValue ? _highest : _highest + 1;

    /// <summary>Adds a publish session.</summary>
    public void Add(ISessionCarrier session)
    {
        if (!_sessions.Contains(session))
        {
            _sessions.Add(session);
        }
    }

    /// <summary>Removes a publish session, which no longer gets tracks. End its tracks afterwards.</summary>
    public void Remove(ISessionCarrier session) => _sessions.Remove(session);

    /// <summary>Ends the carriage of tracks by their present carrier. Another one continues each track, or it closes.</summary>
    public void End(IReadOnlyList<PublishedTrack> ending)
    {
        List<PublishedTrack> closing = [.. ending];
        try
        {
            foreach (var track in ending)
            {
                if (TryHandOver(track))
                {
                    closing.Remove(track);
                }
            }
        }
        finally
        {
            tracks.CloseAll(closing);
            closing.ForEach(track => Reconsider(track.Track.Source));
        }
    }

    /// <summary>Applies an announcement, which is new or has changed.</summary>
    public void OnAnnounced(AnnouncedTrack announced)
    {
        _highest = Math.Max(_highest, announced.Carriage.Number);
        if (!_announced.Contains(announced))
        {
            _announced.Add(announced);
        }

        OnMuted(announced);
        if (CarriedAs(announced) is { } carried)
        {
            tracks.Reannounce(carried);
        }

        Reconsider(announced.Source);
    }

    /// <summary>Takes an announcement back. Its link no longer carries the track.</summary>
    public void OnRemoved(AnnouncedTrack announced)
    {
        _announced.Remove(announced);
        if (CarriedAs(announced) is { } track)
        {
            announced.Link.Release(track);
            End([track]);
        }

        Reconsider(announced.Source);
    }

    /// <summary>Handles the start of a track that its link awaits: a packet of sound, or the first one of a key frame, before it is processed.</summary>
    public void OnStarted(AnnouncedTrack announced)
    {
        if (CarriedAs(announced) is not null || Find(announced) is not { } present || !announced.Carriage.IsAbove(present.Carriage))
        {
            return;
        }

        if (CanContinue(present, announced))
        {
            HandOver(present, announced);
        }
        else
        {
            present.Carrier?.Release(present);
            tracks.Close(present); // subscribers need another codec
            Carry(announced);
        }
    }

    /// <summary>Applies the mute state of an announcement.</summary>
    public void OnMuted(AnnouncedTrack announced)
    {
        if (CarriedAs(announced) is { } carried)
        {
            tracks.Mute(carried, announced.IsMuted);
        }
    }

    /// <summary>Considers again who waits for the tracks of a source, because one of them has another carrier.</summary>
    public void OnCarrierChanged(TrackSource source) => Reconsider(source);

    private static bool CanContinue(PublishedTrack track, AnnouncedTrack announced) => track.CanContinue(announced.Source, announced.Codec, announced.Options);

    /// <summary>An error of a link ends that link, and not whatever has changed the tracks.</summary>
    private static void Tell(AnnouncedTrack announced, Action<AnnouncedTrack> call)
    {
        try
        {
            call(announced);
        }
        catch (Exception e)
        {
            announced.Link.Fail(e);
        }
    }

    private PublishedTrack? CarriedAs(AnnouncedTrack announced) => tracks.Relayed.Find(t => t.Announced == announced);

    /// <summary>The track that an announced one continues, or that it replaces because its codec is another one.</summary>
    private PublishedTrack? Find(AnnouncedTrack announced)
    {
        var all = tracks.All.Where(t => t.Track.Source == announced.Source).ToList();
        return all.Find(t => CanContinue(t, announced)) ?? all.FirstOrDefault();
    }

    private void Reconsider(TrackSource source)
    {
        foreach (var announced in _announced.Where(a => a.Source == source && CarriedAs(a) is null).OrderByDescending(a => a.Carriage, Comparer<Carriage>.Create((a, b) => a.CompareTo(b))).ToArray())
        {
            if (Find(announced) is not { } present)
            {
                Carry(announced);
            }
            else if (announced.Carriage.IsAbove(present.Carriage))
            {
                Tell(announced, static a => a.Link.Await(a));
            }
            else
            {
                Tell(announced, static a => a.Link.Ignore(a));
            }
        }

        foreach (var session in _sessions)
        {
            session.OnRelayChanged();
        }
    }

    private void Carry(AnnouncedTrack announced)
    {
        var track = tracks.Add(announced);
        Tell(announced, a => a.Link.Carry(a, track));
        tracks.Announce(track);
    }

    private void HandOver(PublishedTrack track, AnnouncedTrack announced)
    {
        track.Carrier?.Release(track);
        tracks.Hand(track, announced);
        Tell(announced, a => a.Link.Carry(a, track));
    }

    /// <summary>Lets the best other carrier continue a track.</summary>
    private bool TryHandOver(PublishedTrack track)
    {
        var heirs = _sessions.Select(s => (s.IsReady, s.Carriage, Session: (ISessionCarrier?)s, Announced: (AnnouncedTrack?)null))
            .Concat(_announced.Where(a => CarriedAs(a) is null && CanContinue(track, a)).Select(a => (a.Link.IsReady, a.Carriage, Session: (ISessionCarrier?)null, Announced: (AnnouncedTrack?)a)))
            .Where(heir => heir.Session is null || heir.Session != track.Carrier)
            .ToList();
        heirs.Sort(static (a, b) => a.IsReady == b.IsReady ? b.Carriage.CompareTo(a.Carriage) : b.IsReady.CompareTo(a.IsReady));
        foreach (var heir in heirs)
        {
            if (heir.Announced is { } announced)
            {
                HandOver(track, announced);
                return true;
            }

            if (heir.Session!.TryContinue(track))
            {
                return true;
            }
        }

        return false;
    }
}
