using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>Adds the previous frame to each audio packet of one track, for receivers that lose packets while the sender sends each frame once. Each packet is encoded once for all of them.</summary>
internal sealed class RedundantAudio
{
    /// <summary>The longest payload with an earlier frame. With all headers, it fits into a datagram of 1,280 bytes, the smallest MTU of IPv6. Longer frames are sent once.</summary>
    public const int MaxBytes = 1_150;
    private readonly byte[] _previous = new byte[RedPayload.MaxRedundantBytes];
    private readonly byte[] _encoded = new byte[MaxBytes];
    private int _previousLength;
    private uint _previousTimestamp;
    private int _encodedLength;
    private byte _encodedType;
    private bool _isCurrent;

    /// <summary>The packet with the previous frame, valid until the next call; empty when there is none that fits.</summary>
    /// <param name="frame">The frame of the packet.</param>
    /// <param name="timestamp">The timestamp of the packet.</param>
    /// <param name="payloadType">The payload type that the receiver expects for both frames.</param>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<byte> frame, uint timestamp, byte payloadType)
    {
        if (!_isCurrent || _encodedType != payloadType)
        {
            _encodedLength = RedPayload.Write(payloadType, _previous.AsSpan(0, _previousLength), timestamp - _previousTimestamp, frame, _encoded);
            (_isCurrent, _encodedType) = (true, payloadType);
        }

        return _encoded.AsSpan(0, _encodedLength);
    }

    /// <summary>Ends the work for a packet, whose frame is the earlier one of the next packet.</summary>
    public void Remember(ReadOnlySpan<byte> frame, uint timestamp)
    {
        (_isCurrent, _previousTimestamp) = (false, timestamp);
        _previousLength = frame.Length <= _previous.Length ? frame.Length : 0;
        frame[.._previousLength].CopyTo(_previous);
    }
}
