namespace MeetOperator.Kube.Runtime.Events;

public enum EventType
{
    Normal,
    Warning,
}
