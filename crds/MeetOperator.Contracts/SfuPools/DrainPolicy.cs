namespace MeetOperator.Contracts.SfuPools;

/// <summary>Whether the meetings of a draining media node may end by themselves before they move.</summary>
public enum DrainPolicy
{
    /// <summary>Meetings move at once.</summary>
    Migrate,

    /// <summary>Meetings may continue for softSeconds, then they move.</summary>
    WaitThenMigrate,

    /// <summary>Meetings may continue until deadlineSeconds, then they move.</summary>
    Wait,
}
