using System.Buffers.Binary;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// The header of the packet that is being forwarded, with the extension IDs of a subscriber. Subscribers with the same IDs, which all answers
/// to the media node's own offers have, share the template. Only the fixed fields are written for each subscriber.
/// </summary>
internal sealed class HeaderTemplate
{
    private readonly byte[] _bytes = new byte[RtpHeaderRewriter.MaxLength];
    private HeaderExtensionMap? _map;
    private int _length;

    /// <summary>Offset of the frame number of the dependency descriptor; 0 without one.</summary>
    private int _frameOffset;

    /// <summary>Offset of the transport-wide sequence number in the header that was returned last; 0 without one.</summary>
    public int TransportNumberOffset { get; private set; }

    /// <summary>Discards the header of the previous packet. Returns this object.</summary>
    public HeaderTemplate Reset()
    {
        _map = null;
        return this;
    }

    /// <summary>Returns the header for one subscriber, with the marker if the source or <paramref name="marker"/> has it. It is valid until the next call.</summary>
    public Span<byte> GetHeader(
        ReadOnlySpan<byte> packet, in RtpHeader source, HeaderExtensionMap from, HeaderExtensionMap to,
        byte payloadType, ushort sequence, uint timestamp, uint ssrc, ushort frame = 0, bool marker = false)
    {
        if (!ReferenceEquals(_map, to))
        {
            var rewrite = new HeaderExtensionRewrite { From = from, To = to, AllowTwoByte = true };
            _length = RtpHeaderRewriter.Write(packet, source, source, rewrite, _bytes);
            if (source.HasPadding)
            {
                _bytes[0] |= 0x20;
            }

            _map = to;
            FindNumbers(to);
        }

        Span<byte> header = _bytes;
        header[1] = (byte)((source.Marker || marker ? 0x80 : 0) | payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], ssrc);
        if (_frameOffset > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[_frameOffset..], frame);
        }

        return header[.._length];
    }

    private void FindNumbers(HeaderExtensionMap to)
    {
        (_frameOffset, TransportNumberOffset) = (0, 0);
        if (!RtpHeader.TryParse(_bytes.AsSpan(0, _length), out var written))
        {
            return;
        }

        foreach (var element in written.ExtensionsIn(_bytes))
        {
            switch (to.KindOf(element.Id))
            {
                case HeaderExtensionKind.DependencyDescriptor when element.Length >= DependencyDescriptor.FixedLength:
                    _frameOffset = element.Offset + DependencyDescriptor.FrameNumberOffset;
                    break;
                case HeaderExtensionKind.TransportSequenceNumber when element.Length >= 2:
                    TransportNumberOffset = element.Offset;
                    break;
            }
        }
    }
}
