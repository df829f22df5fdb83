namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>Whether a way to the media node gets through.</summary>
internal enum CheckOutcome
{
    Connected,
    Failed,
}
