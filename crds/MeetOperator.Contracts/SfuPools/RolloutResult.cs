namespace MeetOperator.Contracts.SfuPools;

/// <summary>How a rollout ended.</summary>
public enum RolloutResult
{
    Completed,
    RolledBack,
    Superseded,
}
