namespace MeetOperator.Signaling.Protocol;

public enum ParticipantRole
{
    Participant,
    Host,
}
