namespace MeetOperator.Rtc.Datagrams;

/// <summary>What the start of a stream of packets is.</summary>
public enum FrameStatus
{
    /// <summary>A whole packet.</summary>
    Complete,

    /// <summary>The beginning of a packet.</summary>
    Incomplete,

    /// <summary>A packet that is longer than any may be. The stream cannot be read any further.</summary>
    TooLong,
}
