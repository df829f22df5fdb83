namespace MeetOperator.Rtp.Packets;

/// <summary>Enumerates the elements of a one-byte or two-byte extension block (RFC 8285 §4.2, §4.3).</summary>
public ref struct HeaderExtensionEnumerator
{
    private const ushort OneByteProfile = 0xBEDE;

    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _end;
    private readonly bool _twoByte;
    private int _position;

    internal HeaderExtensionEnumerator(ReadOnlySpan<byte> packet, scoped in RtpHeader header)
    {
        _packet = packet;
        _position = header.ExtensionOffset;
        _end = _position + header.ExtensionLength;
        _twoByte = (header.ExtensionProfile & 0xFFF0) == 0x1000;
        if (!_twoByte && header.ExtensionProfile != OneByteProfile)
        {
            // Other profiles are valid (RFC 3550 §5.3.1), but their content is unknown, so there are no elements.
            _end = _position;
        }
    }

    public HeaderExtensionElement Current { get; private set; }

    public readonly HeaderExtensionEnumerator GetEnumerator() => this;

    /// <summary>Moves to the next element. The enumeration ends at the first element that does not fit in the block.</summary>
    public bool MoveNext()
    {
        while (_position < _end)
        {
            var first = _packet[_position];
            if (first == 0)
            {
                _position++; // padding
                continue;
            }

            int length;
            byte id;
            int valueOffset;
            if (_twoByte)
            {
                if (_position + 2 > _end)
                {
                    break;
                }

                id = first;
                length = _packet[_position + 1];
                valueOffset = _position + 2;
            }
            else
            {
                id = (byte)(first >> 4);
                if (id == 15)
                {
                    break; // RFC 8285 §4.2: ID 15 ends the parsing
                }

                length = (first & 0x0F) + 1;
                valueOffset = _position + 1;
                if (id == 0)
                {
                    // §4.2: an element with ID 0 and a length is ignored.
                    _position = valueOffset + length;
                    continue;
                }
            }

            if (valueOffset + length > _end)
            {
                break;
            }

            Current = new HeaderExtensionElement(id, valueOffset, length);
            _position = valueOffset + length;
            return true;
        }

        _position = _end;
        return false;
    }
}
