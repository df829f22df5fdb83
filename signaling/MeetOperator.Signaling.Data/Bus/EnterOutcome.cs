namespace MeetOperator.Signaling.Data.Bus;

public enum EnterOutcome
{
    /// <summary>The entry is new, or a reservation is now connected.</summary>
    Entered,

    /// <summary>The participant was already connected. This connection replaces the previous one.</summary>
    TookOver,

    /// <summary>The meeting is full. Nothing was written.</summary>
    Full,

    /// <summary>A host removed the participant. Nothing was written.</summary>
    Removed,
}
