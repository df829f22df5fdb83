namespace MeetOperator.NodeControl.Testing;

/// <summary>One participant of a simulated room; guarded by the room's node.</summary>
public sealed class SimulatedParticipant(string id)
{
    public string Id { get; } = id;

    /// <summary>Session that publishes; null before the first offer.</summary>
    public string? PublishSession { get; internal set; }

    /// <summary>Session in which the node offers; null before subscribe.</summary>
    public string? SubscribeSession { get; internal set; }

    /// <summary>Revision of the newest offer made to this participant.</summary>
    public int Revision { get; internal set; }

    /// <summary>Revision that was answered last.</summary>
    public int AnsweredRevision { get; internal set; }
    public IReadOnlyList<TrackDescription> Tracks { get; internal set; } = [];
    public bool AudioMuted { get; internal set; }
    public bool VideoMuted { get; internal set; }

    /// <summary>How often the participant was put (touched).</summary>
    public int Touches { get; internal set; }

    internal ParticipantReport Report() => new()
    {
        Participant = Id,
        Publishing = PublishSession is not null,
        Subscribing = SubscribeSession is not null,
        Tracks = Tracks,
    };
}
