namespace MeetOperator.Contracts.SfuPools;

/// <summary>When a media node with an older template is replaced.</summary>
public enum RolloutType
{
    WhenEmpty,
    Immediate,
    Migrate,
}
