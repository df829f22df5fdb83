namespace MeetOperator.Signaling.Protocol;

/// <summary>Basic checks of a session description before it is forwarded. The media node or the browser validates the rest.</summary>
public static class SdpText
{
    public static bool IsPlausible(string sdp) =>
        sdp.StartsWith("v=0", StringComparison.Ordinal) && sdp.Length > 3 && (sdp[3] is '\r' or '\n') && !sdp.Contains('\0', StringComparison.Ordinal);

    /// <summary>True if there is at least one media section.</summary>
    public static bool HasMedia(string sdp) => sdp.Contains("\nm=", StringComparison.Ordinal);
}
