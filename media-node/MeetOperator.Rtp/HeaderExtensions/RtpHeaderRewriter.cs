using System.Buffers.Binary;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// Writes the header of a forwarded packet with the numbers of the receiver's stream and the receiver's extension IDs.
/// The payload is not copied; the cipher reads it from the inbound buffer and writes it to the outbound buffer.
/// </summary>
public static class RtpHeaderRewriter
{
    /// <summary>Maximum length of a header in bytes: the fixed part, 15 CSRCs and an extension block of at most 512 bytes.</summary>
    public const int MaxLength = RtpHeader.FixedLength + 60 + 4 + 512;

    /// <summary>
    /// Writes the marker, payload type, numbers and SSRC of <paramref name="target"/>, the CSRCs of <paramref name="source"/> and
    /// the rewritten extensions. Omits elements that do not fit or that the receiver did not negotiate.
    /// </summary>
    /// <returns>The length of the header in bytes.</returns>
    public static int Write(
        ReadOnlySpan<byte> packet,
        in RtpHeader source,
        in RtpHeader target,
        in HeaderExtensionRewrite rewrite,
        Span<byte> destination)
    {
        var csrcLength = source.CsrcCount * 4;
        var length = target.WriteFixed(destination, withExtension: false);
        packet.Slice(RtpHeader.FixedLength, csrcLength).CopyTo(destination[length..]);
        destination[0] |= source.CsrcCount;
        length += csrcLength;

        var extensions = WriteExtensions(packet, source, rewrite, destination[length..]);
        if (extensions > 0)
        {
            destination[0] |= 0x10;
        }

        return length + extensions;
    }

    private static int WriteExtensions(
        ReadOnlySpan<byte> packet, in RtpHeader source, in HeaderExtensionRewrite rewrite, Span<byte> destination)
    {
        var to = rewrite.To;
        var twoByte = rewrite.AllowTwoByte && NeedsTwoByte(packet, source, rewrite);
        var writer = new HeaderExtensionWriter(destination, twoByte);

        if (!rewrite.Mid.IsEmpty && to.IdOf(HeaderExtensionKind.Mid) is > 0 and var mid)
        {
            var value = writer.Add(mid, rewrite.Mid.Length);
            if (value.Length == rewrite.Mid.Length)
            {
                rewrite.Mid.CopyTo(value);
            }
        }

        if (to.IdOf(HeaderExtensionKind.AbsoluteSendTime) is > 0 and var sendTime)
        {
            var value = writer.Add(sendTime, 3);
            if (!value.IsEmpty)
            {
                value[0] = (byte)(rewrite.AbsoluteSendTime >> 16);
                BinaryPrimitives.WriteUInt16BigEndian(value[1..], (ushort)rewrite.AbsoluteSendTime);
            }
        }

        if (to.IdOf(HeaderExtensionKind.TransportSequenceNumber) is > 0 and var transport)
        {
            var value = writer.Add(transport, 2);
            if (!value.IsEmpty)
            {
                BinaryPrimitives.WriteUInt16BigEndian(value, rewrite.TransportSequenceNumber);
            }
        }

        foreach (var element in new HeaderExtensionEnumerator(packet, source))
        {
            var id = ForwardedId(element, rewrite);
            if (id != 0)
            {
                var value = writer.Add(id, element.Length);
                if (value.Length == element.Length)
                {
                    packet.Slice(element.Offset, element.Length).CopyTo(value);
                }
            }
        }

        return writer.Finish();
    }

    private static bool NeedsTwoByte(ReadOnlySpan<byte> packet, in RtpHeader source, in HeaderExtensionRewrite rewrite)
    {
        var to = rewrite.To;
        if (HeaderExtensionWriter.NeedsTwoByte(to.IdOf(HeaderExtensionKind.Mid), Math.Max(1, rewrite.Mid.Length))
            || HeaderExtensionWriter.NeedsTwoByte(to.IdOf(HeaderExtensionKind.AbsoluteSendTime), 3)
            || HeaderExtensionWriter.NeedsTwoByte(to.IdOf(HeaderExtensionKind.TransportSequenceNumber), 2))
        {
            return true;
        }

        foreach (var element in new HeaderExtensionEnumerator(packet, source))
        {
            var id = ForwardedId(element, rewrite);
            if (id != 0 && HeaderExtensionWriter.NeedsTwoByte(id, element.Length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The receiver's ID of an element that is forwarded unchanged, or 0.</summary>
    private static byte ForwardedId(HeaderExtensionElement element, in HeaderExtensionRewrite rewrite)
    {
        var kind = rewrite.From.KindOf(element.Id);
        return kind is HeaderExtensionKind.AudioLevel
            or HeaderExtensionKind.VideoOrientation
            or HeaderExtensionKind.PlayoutDelay
            or HeaderExtensionKind.DependencyDescriptor
            or HeaderExtensionKind.VideoContentType
            or HeaderExtensionKind.ColorSpace
            ? rewrite.To.IdOf(kind)
            : (byte)0;
    }
}
