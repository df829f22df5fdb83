namespace MeetOperator.Contracts.Naming;

/// <summary>Finalizers of the operator, with the condition under which each is removed.</summary>
public static class MeetFinalizers
{
    /// <summary>On a Meeting: its rooms on media nodes have ended.</summary>
    public const string FreeRoom = "meetoperator.io/free-room";

    /// <summary>On an SfuNode: its own report shows no participants. On an SfuPool: its nodes are drained and deleted.</summary>
    public const string Drain = "meetoperator.io/drain";

    /// <summary>On a Tenant: all of its accepted meetings have ended.</summary>
    public const string AwaitMeetings = "meetoperator.io/await-meetings";
}
