namespace MeetOperator.Contracts;

/// <summary>Finalizers: what must happen before an object may go.</summary>
public static class MeetFinalizers
{
    /// <summary>On a Meeting: its rooms on media nodes are ended.</summary>
    public const string FreeRoom = "meetoperator.io/free-room";

    /// <summary>On an SfuNode: its own report names nobody any more. On an SfuPool: its nodes are empty and gone.</summary>
    public const string Drain = "meetoperator.io/drain";

    /// <summary>On a Tenant: none of its meetings is live.</summary>
    public const string AwaitMeetings = "meetoperator.io/await-meetings";
}
