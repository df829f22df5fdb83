namespace MeetOperator.Kube.Runtime;

public enum EventType
{
    Normal,
    Warning,
}
