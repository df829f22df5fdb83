namespace MeetOperator.Signaling.Data;

public enum BusEventKind
{
    /// <summary>Presence changed: read it again.</summary>
    Presence,

    /// <summary>A participant is gone; the text is the reason.</summary>
    Left,

    /// <summary>A text frame for one participant.</summary>
    Frame,

    /// <summary>A chat line was stored; the text is its frame.</summary>
    Chat,

    /// <summary>A host removed the participant.</summary>
    Remove,

    /// <summary>A frame was handed to its participant's socket.</summary>
    FrameDelivered,
}
