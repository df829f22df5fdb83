using MeetOperator.Relay.Messages;

namespace MeetOperator.MediaNode.Links;

/// <summary>The tracks that the other end of a link has announced, by number and by SSRC. Used by one loop.</summary>
internal sealed class RelayedTrackTable
{
    private readonly List<RelayedTrack> _all = [];
    private readonly Dictionary<uint, RelayedTrack> _byNumber = [];
    private readonly Dictionary<uint, RelayedTrack> _bySsrc = [];

    /// <summary>The tracks of the former channel when the present one began, by what an announcement of the same track repeats.</summary>
    private ILookup<(string, LinkTrackSource), RelayedTrack> _former = Array.Empty<RelayedTrack>().ToLookup(KeyOf);

    /// <summary>All tracks, also those of a former channel that the present one has not announced so far.</summary>
    public List<RelayedTrack> All => _all;

    /// <summary>The track with a number in the present channel; null for none.</summary>
    public RelayedTrack? Find(uint number) => _byNumber.GetValueOrDefault(number);

    /// <summary>The track of a former channel that is announced again; null for none.</summary>
    public RelayedTrack? FindStale(TrackAddedMessage message) => _former[(message.ParticipantId, message.Source)].FirstOrDefault(track => track.IsStale && track.IsSameAs(message));

    /// <summary>Whether the SSRCs of an announcement differ from each other and from those of all tracks but one.</summary>
    public bool HasFreeSsrcs(TrackAddedMessage message, RelayedTrack? except)
    {
        var own = new HashSet<uint>();
        return SsrcsOf(message).All(ssrc => own.Add(ssrc) && (!_bySsrc.TryGetValue(ssrc, out var track) || ReferenceEquals(track, except)));
    }

    public void Add(RelayedTrack track)
    {
        _all.Add(track);
        Bind(track);
    }

    /// <summary>Makes a track known by the number and the SSRCs of its announcement.</summary>
    public void Bind(RelayedTrack track)
    {
        _byNumber[track.Announcement.Track] = track;
        foreach (var ssrc in SsrcsOf(track.Announcement))
        {
            _bySsrc[ssrc] = track;
        }
    }

    /// <summary>Makes a track unknown by its number and its SSRCs, because they change.</summary>
    public void Unbind(RelayedTrack track)
    {
        if (ReferenceEquals(Find(track.Announcement.Track), track))
        {
            _byNumber.Remove(track.Announcement.Track);
        }

        foreach (var ssrc in SsrcsOf(track.Announcement))
        {
            _bySsrc.Remove(ssrc);
        }
    }

    public void Remove(RelayedTrack track)
    {
        _all.Remove(track);
        track.IsStale = false; // it is not announced again
        Unbind(track);
    }

    /// <summary>Forgets all numbers, because a new channel begins. The tracks stay until they are announced again or removed.</summary>
    public void MarkStale()
    {
        _byNumber.Clear();
        foreach (var track in _all)
        {
            (track.IsStale, track.Demanded) = (true, 0);
        }

        _former = _all.ToLookup(KeyOf);
    }

    private static (string Participant, LinkTrackSource Source) KeyOf(RelayedTrack track) => (track.ParticipantId, track.Announcement.Source);

    private static IEnumerable<uint> SsrcsOf(TrackAddedMessage message)
    {
        foreach (var layer in message.Layers)
        {
            yield return layer.Ssrc;
            if (layer.RtxSsrc is { } rtx)
            {
                yield return rtx;
            }
        }
    }
}
