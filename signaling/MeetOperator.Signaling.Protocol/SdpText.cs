namespace MeetOperator.Signaling.Protocol;

/// <summary>What is checked of a session description before it is passed on; a media node or a browser judges the rest.</summary>
public static class SdpText
{
    public static bool LooksValid(string sdp) =>
        sdp.StartsWith("v=0", StringComparison.Ordinal) && sdp.Length > 3 && (sdp[3] is '\r' or '\n') && !sdp.Contains('\0', StringComparison.Ordinal);

    /// <summary>True when there is at least one media section.</summary>
    public static bool HasMedia(string sdp) => sdp.Contains("\nm=", StringComparison.Ordinal);
}
