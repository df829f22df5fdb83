using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Validates offers for playback and writes their answers. Not for the thread of a loop, because it takes longer than a loop may be away from its socket.</summary>
internal static class PlayPreparation
{
    /// <summary>Prepares the answer. Rejects the offer when there is nothing to play, because WHEP has no later offers.</summary>
    public static PreparedPlay Prepare(PlayBasis basis, PlayRequest request, SessionDescription offer)
    {
        var tracks = basis.Tracks;
        var playable = tracks.Select(t => new PlayableTrack
        {
            Kind = t.Kind,
            Codec = t.Codec,
            Track = new OfferedTrack
            {
                StreamId = t.StreamId,
                TrackId = t.Track.TrackId,
                Cname = t.Track.ParticipantId,
                Ssrcs = new SsrcPair(basis.Ssrcs.Next(), basis.Ssrcs.Next()),
            },
        }).ToList();
        var local = IceCredentials.Generate();
        if (!PlayAnswer.TryBuild(offer, playable, basis.Factory.Describe(local, basis.AllowsTcp), SessionContext.NextSessionNumber(), out var answer, out var error))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        if (tracks.Count == 0)
        {
            throw ControlProblemException.NothingToPlay(request.Feeds);
        }

        if (answer.TrackIndexes.All(index => index < 0))
        {
            throw ControlProblemException.InvalidSdp($"SDP: no section can receive any of the published tracks: {string.Join(", ", tracks.Select(t => $"{t.Codec.Name} ({t.Source})"))}.");
        }

        var remote = SdpReading.ReadRemote(offer, isAnswer: false);
        var first = ForwardedTrack.FirstSequenceNumbers(answer.Sections.Count);
        var sections = new List<(PublishedTrack, DownTrackOptions)>();
        var played = new List<TrackDescription>();
        for (var i = 0; i < answer.Sections.Count; i++)
        {
            if (answer.TrackIndexes[i] is >= 0 and var index && answer.Sections[i].Codec is { } codec)
            {
                var track = tracks[index];
                sections.Add((track, ForwardedTrack.OptionsOf(codec, playable[index].Track.Ssrcs, ExtensionMaps.Read(answer.Sections[i].Extensions), first[i], track.Track.ParticipantId)));
                played.Add(new TrackDescription { Mid = answer.Sections[i].Mid, ParticipantId = track.Track.ParticipantId, Kind = track.Kind, Source = track.Source });
            }
        }

        return new PreparedPlay(basis, answer.Description.ToString(), sections, played, remote, basis.Factory.CreateTransport(local));
    }
}
