using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>Walks the elements of a one-byte or two-byte extension block (RFC 8285 §4.2, §4.3).</summary>
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
            // An extension of another kind is legal and opaque to us: nothing to list.
            end = position;
        }
    }

    public HeaderExtensionElement Current { get; private set; }

    public readonly HeaderExtensionEnumerator GetEnumerator() => this;

    /// <summary>Moves to the next element; ends at the first one that does not fit in the block.</summary>
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
                    break; // RFC 8285 §4.2: id 15 stops the parsing.
                }

                length = (first & 0x0F) + 1;
                valueOffset = position + 1;
                if (id == 0)
                {
                    // §4.2: id 0 with a length is to be ignored, as padding with a value.
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
