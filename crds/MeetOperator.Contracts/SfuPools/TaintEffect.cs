namespace MeetOperator.Contracts.SfuPools;

/// <summary>The effect of a taint on Pods that do not tolerate it.</summary>
public enum TaintEffect
{
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}
