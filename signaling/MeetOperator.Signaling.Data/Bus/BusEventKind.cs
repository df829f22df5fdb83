namespace MeetOperator.Signaling.Data.Bus;

public enum BusEventKind
{
    /// <summary>Presence changed and must be read again.</summary>
    Presence,

    /// <summary>A participant left. The text is the reason.</summary>
    Left,

    /// <summary>A text frame for one participant.</summary>
    Frame,

    /// <summary>A chat message was stored. The text is its frame.</summary>
    Chat,

    /// <summary>A host removed the participant.</summary>
    Remove,

    /// <summary>A frame was queued on its recipient's socket.</summary>
    FrameDelivered,

    /// <summary>A frame about keys for one participant, which nobody acknowledges: its recipient asks again for a key that it misses.</summary>
    E2eeKey,

    /// <summary>Replicas decided how media flows. The text is the <see cref="MeetingTopology"/> as JSON.</summary>
    Topology,
}
