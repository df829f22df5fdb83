namespace MeetOperator.Contracts;

/// <summary>When a media node that was made from an older template is replaced.</summary>
public enum RolloutType
{
    WhenEmpty,
    Immediate,
}
