namespace MeetOperator.Contracts;

/// <summary>Finalizers: what must happen before an object may go.</summary>
public static class MeetFinalizers
{
    /// <summary>On a Meeting: its rooms on media nodes are ended.</summary>
    public const string FreeRoom = "meetoperator.io/free-room";

    /// <summary>On an SfuNode: its meetings have moved or ended.</summary>
    public const string Drain = "meetoperator.io/drain";
}
