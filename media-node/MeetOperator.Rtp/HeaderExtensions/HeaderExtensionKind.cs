namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The header extensions that the media node supports. The numeric values are internal; they are not IDs on the wire.</summary>
public enum HeaderExtensionKind : byte
{
    /// <summary>An ID that was not negotiated, or an unsupported extension.</summary>
    Unknown,
    Mid,
    RtpStreamId,
    RepairedRtpStreamId,
    AbsoluteSendTime,
    TransportSequenceNumber,
    AudioLevel,
    VideoOrientation,
    PlayoutDelay,
    DependencyDescriptor,
    TransmissionOffset,
    VideoContentType,
    ColorSpace,
    VideoLayersAllocation,
}
