namespace MeetOperator.Signaling.Data;

public enum EnterOutcome
{
    /// <summary>A new entry, or a kept place that is now connected.</summary>
    Entered,

    /// <summary>The participant was connected already; this connection took over.</summary>
    TookOver,

    /// <summary>The meeting has no place left; nothing was written.</summary>
    Full,

    /// <summary>A host removed the participant; nothing was written.</summary>
    Removed,
}
