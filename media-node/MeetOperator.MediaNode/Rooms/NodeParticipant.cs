using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>A participant of a room on this node: its sessions, its tracks, and when signaling last refreshed it.</summary>
internal sealed class NodeParticipant
{
    public NodeParticipant(ParticipantTracks tracks, ParticipantLimits limits, ParticipantSessions sessions, SessionFactory factory, PathGuard paths, SsrcSequence ssrcs, MemoryShare longKeyFrames)
    {
        Id = tracks.ParticipantId;
        Sessions = sessions;
        Limits = limits;
        Tracks = tracks;
        Context = new SessionContext
        {
            ParticipantId = Id,
            Tracks = Tracks,
            Limits = limits,
            Paths = paths,
            Ssrcs = ssrcs,
            LongKeyFrames = longKeyFrames,
            Factory = factory,
            Observer = sessions,
        };
    }

    public string Id { get; }

    public long LastTouchTicks { get; set; }

    /// <summary>Region of the participant, as signaling says; null if it has none. Other participants do not see it.</summary>
    public string? Region { get; set; }

    /// <summary>Whether the participant is being removed after an unexpected error.</summary>
    public bool IsFailed { get; set; }

    public ParticipantLimits Limits { get; }

    public ParticipantSessions Sessions { get; }

    public ParticipantTracks Tracks { get; }

    /// <summary>What new sessions of this participant need.</summary>
    public SessionContext Context { get; }

    /// <summary>The tracks that the participant publishes on this node.</summary>
    public List<PublishedTrack> PublishedTracks => Tracks.Local;

    public bool HasConnectedTransport => Sessions.HasConnectedTransport;

    /// <summary>Sets what the participant shows, on its current and later subscribe sessions. Returns false when it is the same as before.</summary>
    public bool TryView(ParticipantViews views)
    {
        if (views.IsSameAs(Context.Views))
        {
            return false;
        }

        var before = Context.Views;
        Context.Views = views;
        try
        {
            Sessions.Find<SubscribeSession>()?.ApplyViews();
        }
        catch
        {
            Context.Views = before; // so that the same request is applied when it comes again
            throw;
        }

        return true;
    }

    public ParticipantReport Report() =>
        Sessions.All.Aggregate(
            new ParticipantReport { Participant = Id, SubscribeSession = string.Empty, Tracks = Tracks.Describe() },
            (report, session) => session.AddTo(report));
}
