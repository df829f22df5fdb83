namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The header extensions that the media node knows by name. The numbers are ours, not ids on the wire.</summary>
public enum HeaderExtensionKind : byte
{
    /// <summary>An id that was not negotiated, or an extension that we do not forward.</summary>
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
