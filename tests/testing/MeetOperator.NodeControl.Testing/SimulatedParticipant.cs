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

    /// <summary>Sources that are not forwarded.</summary>
    internal HashSet<string> Muted { get; } = new(StringComparer.Ordinal);

    /// <summary>How often the participant was put (touched).</summary>
    public int Touches { get; internal set; }

    /// <summary>Whether <paramref name="source"/> (microphone, camera, screen or screen-audio) is not forwarded.</summary>
    public bool IsMuted(string source) => Muted.Contains(source);

    internal void Mute(MuteState state)
    {
        foreach (var (source, muted) in new[] { ("microphone", state.Microphone), ("camera", state.Camera), ("screen", state.Screen), ("screen-audio", state.ScreenAudio) })
        {
            if (muted == true)
            {
                Muted.Add(source);
            }
            else if (muted == false)
            {
                Muted.Remove(source);
            }
        }
    }

    internal ParticipantReport Report() => new()
    {
        Participant = Id,
        Publishing = PublishSession is not null,
        Subscribing = SubscribeSession is not null,
        SubscribeSession = SubscribeSession ?? string.Empty,
        Tracks = Tracks,
    };
}
