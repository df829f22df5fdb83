namespace MeetOperator.Signaling.Data;

public static class ConnectionStatuses
{
    public const string Joining = "joining";
    public const string Connected = "connected";
    public const string Left = "left";

    /// <summary>Removed by a host: the ticket is worth nothing any more.</summary>
    public const string Removed = "removed";
}
