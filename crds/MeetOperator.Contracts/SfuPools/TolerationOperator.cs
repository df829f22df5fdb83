namespace MeetOperator.Contracts.SfuPools;

/// <summary>How a toleration is compared with a taint.</summary>
public enum TolerationOperator
{
    Equal,
    Exists,
}
