using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>One media section for each track, for clients that do not know slots. Every change of the tracks needs an offer.</summary>
internal sealed class TrackSubscription(Subscriber subscriber, Func<uint> nextSsrc) : ISubscription
{
    private readonly TrackSections _sections = new(nextSsrc);

    public IReadOnlyList<OfferedSection> Sections => [.. _sections.All.Select(s => s.ToOffer())];

    public IReadOnlyList<TrackDescription> Tracks => [.. _sections.All.Where(s => s.Track is not null).Select(s => new TrackDescription
    {
        Mid = s.Mid,
        ParticipantId = s.Track!.Track.ParticipantId,
        Kind = s.Kind,
        Source = s.Track.Source,
    })];

    /// <summary>Number of tracks without a section.</summary>
    public int UnplacedTracks => _sections.UnplacedTracks;

    /// <summary>Whether the session can carry no more new tracks and must be replaced.</summary>
    public bool IsExhausted => _sections.IsExhausted && _sections.UnplacedTracks > 0;

    /// <summary>Updates the sections to match the tracks. Returns true when a new offer is required.</summary>
    public bool Reconcile(IReadOnlyList<PublishedTrack> wanted)
    {
        var changed = _sections.Reconcile(wanted, []);
        foreach (var section in _sections.All)
        {
            // A section that already has another track must release the previous one too.
            if (section.Down is { } down && (section.Track is null || down.Options.Ssrc != section.Ssrcs.Primary))
            {
                subscriber.Remove(down);
                section.Down = null;
            }
        }

        return changed;
    }

    public void Apply(IReadOnlyList<NegotiatedSection> sections)
    {
        for (var i = 0; i < sections.Count; i++)
        {
            Apply(_sections.All[i], sections[i]);
        }
    }

    private void Apply(TrackSection section, NegotiatedSection negotiated)
    {
        if (!negotiated.IsActive || negotiated.Codec is not { } codec || section.Track is not { } track)
        {
            // The track is kept because a receiver that accepts the section again with the same SSRC continues the sequence numbers.
            section.Down?.Stop();
            return;
        }

        var first = section.Down?.Options.FirstSequenceNumber ?? ForwardedTrack.FirstSequenceNumbers(1)[0];
        var options = ForwardedTrack.OptionsOf(codec, section.Ssrcs, ExtensionMaps.ForSubscriber(negotiated.Kind, negotiated.Extensions), first, track.Track.ParticipantId);
        if (section.Down is { } existing)
        {
            existing.Renegotiate(options);
            existing.Start(track.Track);
        }
        else if (!track.Track.IsClosed)
        {
            section.Down = subscriber.Add(track.Track, options);
        }
    }
}
