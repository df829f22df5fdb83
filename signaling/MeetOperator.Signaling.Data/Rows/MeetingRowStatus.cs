namespace MeetOperator.Signaling.Data.Rows;

public static class MeetingRowStatus
{
    public const string Open = "open";
    public const string Ended = "ended";
}
