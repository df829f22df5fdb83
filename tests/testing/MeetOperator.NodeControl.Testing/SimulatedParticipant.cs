namespace MeetOperator.NodeControl.Testing;

/// <summary>One participant of a simulated room. Access requires the lock of the node.</summary>
public sealed class SimulatedParticipant(string id)
{
    public string Id { get; } = id;

    /// <summary>ID of the publish session, or null before the first offer.</summary>
    public string? PublishSession { get; internal set; }

    /// <summary>ID of the subscribe session, or null before the first subscribe request.</summary>
    public string? SubscribeSession { get; internal set; }

    /// <summary>Revision of the newest offer to this participant.</summary>
    public int Revision { get; internal set; }

    /// <summary>Revision of the last answered offer.</summary>
    public int AnsweredRevision { get; internal set; }
    public IReadOnlyList<TrackDescription> Tracks { get; internal set; } = [];

    /// <summary>All views that arrived, the last one at the end.</summary>
    public IList<ViewRequest> Views { get; } = [];

    /// <summary>The slots of the last request to subscribe, or null.</summary>
    public SlotCounts? RequestedSlots { get; internal set; }

    /// <summary>What is known of its line; null when nothing is.</summary>
    public int? LineKbps { get; internal set; }

    /// <summary>The line of the last request to subscribe, or null.</summary>
    public int? RequestedLineKbps { get; internal set; }

    /// <summary>Whether the last request to subscribe asked for a tunnel.</summary>
    public bool RequestedTunnel { get; internal set; }

    /// <summary>Whether the last offer to publish asked for a tunnel.</summary>
    public bool OfferedTunnel { get; internal set; }

    /// <summary>The tenant that the caller named when it opened the last tunnel.</summary>
    public string? TunnelTenant { get; internal set; }

    /// <summary>All confirmations of slots that arrived.</summary>
    public IList<SlotsConfirmation> Confirmations { get; } = [];

    /// <summary>Muted sources.</summary>
    internal HashSet<string> Muted { get; } = new(StringComparer.Ordinal);

    /// <summary>Region of the participant; null if none was reported.</summary>
    public string? Region { get; internal set; }

    /// <summary>Number of PUT requests for this participant.</summary>
    public int Touches { get; internal set; }

    /// <summary>Whether <paramref name="source"/> (microphone, camera, screen or screen-audio) is muted.</summary>
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
