namespace MeetOperator.Signaling.Data.Rows;

public static class ConnectionStatuses
{
    public const string Joining = "joining";
    public const string Connected = "connected";
    public const string Left = "left";

    /// <summary>Removed by a host. The ticket is no longer valid.</summary>
    public const string Removed = "removed";
}
