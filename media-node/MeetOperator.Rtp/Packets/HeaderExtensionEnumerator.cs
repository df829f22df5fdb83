namespace MeetOperator.Rtp.Packets;

/// <summary>Enumerates the elements of a one-byte or two-byte extension block (RFC 8285 §4.2, §4.3).</summary>
public ref struct HeaderExtensionEnumerator
{
    private const ushort OneByteProfile = 0xBEDE;

    private readonly ReadOnlySpan<byte> packet;
    private readonly int end;
    private readonly bool twoByte;
    private int position;

    internal HeaderExtensionEnumerator(ReadOnlySpan<byte> packet, scoped in RtpHeader header)
    {
        this.packet = packet;
        position = header.ExtensionOffset;
        end = position + header.ExtensionLength;
        twoByte = (header.ExtensionProfile & 0xFFF0) == 0x1000;
        if (!twoByte && header.ExtensionProfile != OneByteProfile)
        {
            // Other profiles are valid (RFC 3550 §5.3.1), but their content is unknown, so there are no elements.
            end = position;
        }
    }

    public HeaderExtensionElement Current { get; private set; }

    public readonly HeaderExtensionEnumerator GetEnumerator() => this;

    /// <summary>Moves to the next element. The enumeration ends at the first element that does not fit in the block.</summary>
    public bool MoveNext()
    {
        while (position < end)
        {
            var first = packet[position];
            if (first == 0)
            {
                position++; // padding
                continue;
            }

            int length;
            byte id;
            int valueOffset;
            if (twoByte)
            {
                if (position + 2 > end)
                {
                    break;
                }

                id = first;
                length = packet[position + 1];
                valueOffset = position + 2;
            }
            else
            {
                id = (byte)(first >> 4);
                if (id == 15)
                {
                    break; // RFC 8285 §4.2: ID 15 ends the parsing
                }

                length = (first & 0x0F) + 1;
                valueOffset = position + 1;
                if (id == 0)
                {
                    // §4.2: an element with ID 0 and a length is ignored.
                    position = valueOffset + length;
                    continue;
                }
            }

            if (valueOffset + length > end)
            {
                break;
            }

            Current = new HeaderExtensionElement(id, valueOffset, length);
            position = valueOffset + length;
            return true;
        }

        position = end;
        return false;
    }
}
