namespace MeetOperator.Contracts.SfuPools;

/// <summary>How far a rollout is.</summary>
public enum RolloutPhase
{
    Progressing,
    Complete,
    Canary,
    RolledBack,
}
