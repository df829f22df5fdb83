using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>The receiving side of one peer connection: its down tracks, and what the client reports about them.</summary>
public sealed class Subscriber
{
    private DownTrack[] _tracks = [];

    public Subscriber(string participantId, IPeerEgress egress)
    {
        ParticipantId = participantId;
        Egress = egress;
    }

    public string ParticipantId { get; }

    public IReadOnlyList<DownTrack> Tracks => _tracks;

    internal IPeerEgress Egress { get; }

    /// <summary>Starts sending <paramref name="source"/> to this subscriber.</summary>
    public DownTrack Add(UpTrack source, DownTrackOptions options)
    {
        var track = new DownTrack(options, Egress);
        _tracks = [.. _tracks, track];
        source.Attach(track);
        return track;
    }

    public void Remove(DownTrack track)
    {
        track.Source?.Detach(track);
        _tracks = [.. _tracks.Where(t => t != track)];
    }

    /// <summary>Detaches everything; the subscriber is gone.</summary>
    public void Close()
    {
        foreach (var track in _tracks)
        {
            track.Source?.Detach(track);
        }

        _tracks = [];
    }
}
