namespace MeetOperator.Contracts;

/// <summary>How a toleration is compared with a taint.</summary>
public enum TolerationOperator
{
    Equal,
    Exists,
}
