namespace MeetOperator.Contracts;

/// <summary>What a taint does to Pods that do not tolerate it.</summary>
public enum TaintEffect
{
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}
