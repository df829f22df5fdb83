using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>
/// Collects messages for one <c>sendmmsg</c> call. A message may hold several datagrams of equal size (the last may be shorter), which the
/// kernel or the network card splits (UDP_SEGMENT). That is 2 to 3 times cheaper than one message for each datagram. The memory that
/// messages point to must not change before <see cref="Send"/>.
/// </summary>
public sealed unsafe class SendBatch : IDisposable
{
    /// <summary>Maximum number of marks in <see cref="Rejected"/>. Further rejections are not recorded until they occur again.</summary>
    private const int MaxRejections = 64;

    /// <summary>After consecutive rejections of segmented messages to this many destinations, the device, not a single route, lacks support for segmentation.</summary>
    private const int DeviceRejectionThreshold = 8;

    // Errors for a segmented message. EMSGSIZE, or EINVAL before Linux 6.14: the path MTU is smaller than a segment.
    // EIO: the device or an IPsec route does not support segmentation.
    private const int InvalidArgument = 22;
    private const int MessageTooLong = 90;
    private const int InputOutput = 5;
    private const int NotSupported = 95;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private readonly SocketLibrary.BatchMessage* _messages;
    private readonly SocketLibrary.IoVector* _vectors;
    private readonly SocketLibrary.InternetAddress* _addresses;
    private readonly SocketLibrary.SegmentControl* _controls;
    private readonly int[] _marks;
    private readonly int[] _rejected = new int[MaxRejections];
    private int _rejectionCount;

    /// <summary>The destinations of consecutive rejections: IPv4 addresses, or the networks (/64) of IPv6 addresses.</summary>
    private readonly ulong[] _rejecting = new ulong[DeviceRejectionThreshold];
    private int _rejectingCount;
    private int _first;
    private readonly bool _isIPv6;
    private bool _disposed;

    /// <param name="capacity">Maximum number of messages.</param>
    /// <param name="isIPv6">The family of the socket that sends them.</param>
    public SendBatch(int capacity, bool isIPv6 = false)
    {
        Capacity = capacity;
        _isIPv6 = isIPv6;
        _marks = new int[capacity];
        _messages = (SocketLibrary.BatchMessage*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.BatchMessage)));
        _vectors = (SocketLibrary.IoVector*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.IoVector)));
        _addresses = (SocketLibrary.InternetAddress*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.InternetAddress)));
        _controls = (SocketLibrary.SegmentControl*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.SegmentControl)));
        for (var i = 0; i < capacity; i++)
        {
            _addresses[i].Family = isIPv6 ? SocketLibrary.Internet6Family : SocketLibrary.InternetFamily;
            _messages[i].Header.Name = (nint)(_addresses + i);
            _messages[i].Header.NameLength = isIPv6 ? SocketLibrary.InternetAddress.Length6 : (uint)SocketLibrary.InternetAddress.Length4;
            _messages[i].Header.Vectors = (nint)(_vectors + i);
            _messages[i].Header.VectorCount = 1;
            _controls[i].Length = 16 + sizeof(ushort); // CMSG_LEN(2)
            _controls[i].Level = SocketLibrary.UdpLevel;
            _controls[i].Type = SocketLibrary.UdpSegment;
        }
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Whether messages are sent segmented. Becomes false when the device does not support segmentation; the owner may set it again.</summary>
    public bool Segmentation { get; set; } = true;

    /// <summary>Marks of segmented messages that the kernel rejected and that were sent datagram by datagram. See <see cref="ForgetRejections"/>.</summary>
    public ReadOnlySpan<int> Rejected => _rejected.AsSpan(0, _rejectionCount);

    /// <summary>Messages of the last <see cref="Send"/> that did not fit in the kernel's send buffer. They stay in the batch until <see cref="Clear"/>.</summary>
    public int Unsent => Count - _first;

    /// <summary>Adds a message of <paramref name="length"/> bytes with segments of <paramref name="segmentBytes"/>. The batch must have room.</summary>
    /// <param name="data">Native memory.</param>
    /// <param name="length">Bytes of all datagrams together.</param>
    /// <param name="segmentBytes">Bytes of each datagram; the last may be shorter.</param>
    /// <param name="high">The first 64 bits of the destination's address in host order; 0 for IPv4.</param>
    /// <param name="low">The last 64 bits; for IPv4 in the IPv4-mapped form.</param>
    /// <param name="port">UDP port.</param>
    /// <param name="singly">Adds one message for each datagram, for paths without support for segmentation.</param>
    /// <param name="mark">Value that <see cref="Rejected"/> reports for the message.</param>
    public void Add(byte* data, int length, int segmentBytes, ulong high, ulong low, ushort port, bool singly, int mark)
    {
        if (length > segmentBytes && (singly || !Segmentation))
        {
            for (var at = 0; at < length; at += segmentBytes)
            {
                Put(data + at, Math.Min(segmentBytes, length - at), 0, high, low, port, mark);
            }

            return;
        }

        Put(data, length, length > segmentBytes ? segmentBytes : 0, high, low, port, mark);
    }

    /// <summary>The number of messages that <see cref="Add"/> needs for this many bytes.</summary>
    public int MessagesFor(int length, int segmentBytes, bool singly) => Segmentation && !singly ? 1 : (length + segmentBytes - 1) / segmentBytes;

    public void Clear() => (Count, _first) = (0, 0);

    public void ForgetRejections() => _rejectionCount = 0;

    /// <summary>The message at this index among the <see cref="Unsent"/> messages.</summary>
    public UnsentMessage Message(int index)
    {
        var i = _first + index;
        var length = (int)_vectors[i].Length;
        return new UnsentMessage(
            _vectors[i].Base,
            length,
            _controls[i].SegmentBytes == 0 ? length : _controls[i].SegmentBytes,
            _isIPv6 ? BinaryPrimitives.ReverseEndianness(_addresses[i].Address6High) : 0,
            _isIPv6 ? BinaryPrimitives.ReverseEndianness(_addresses[i].Address6Low) : SocketAddresses.Mapped(BinaryPrimitives.ReverseEndianness(_addresses[i].Address4)),
            BinaryPrimitives.ReverseEndianness(_addresses[i].Port));
    }

    /// <summary>Sends the messages until the kernel's send buffer is full. The remaining messages are then <see cref="Unsent"/>.</summary>
    public SendOutcome Send(UdpSocket socket)
    {
        var outcome = default(SendOutcome);
        ref var at = ref _first;
        while (at < Count)
        {
            var sent = SocketLibrary.SendBatch(socket.Descriptor, _messages + at, (uint)(Count - at), SocketLibrary.DontWait);
            if (sent > 0)
            {
                for (var end = at + sent; at < end; at++)
                {
                    outcome = AddMessage(outcome, at, sent: true);
                    _rejectingCount = _messages[at].Header.ControlLength != 0 ? 0 : _rejectingCount;
                }

                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
            {
                continue;
            }

            if (error == TryAgain)
            {
                return outcome;
            }

            if (_messages[at].Header.ControlLength == 0 || error is not (InvalidArgument or MessageTooLong or InputOutput or NotSupported))
            {
                outcome = AddMessage(outcome, at, sent: false);
            }
            else
            {
                RecordRejection(at, error);
                if (!TrySendSingly(socket, at, ref outcome))
                {
                    return outcome;
                }
            }

            at++;
        }

        Clear();
        return outcome;
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            NativeMemory.Free(_messages);
            NativeMemory.Free(_vectors);
            NativeMemory.Free(_addresses);
            NativeMemory.Free(_controls);
        }
    }

    private void RecordRejection(int index, int error)
    {
        if (_rejectionCount < MaxRejections)
        {
            _rejected[_rejectionCount++] = _marks[index];
        }

        var destination = _isIPv6 ? _addresses[index].Address6High : _addresses[index].Address4;
        if (error is not (InputOutput or NotSupported) || _rejecting.AsSpan(0, _rejectingCount).Contains(destination))
        {
            return;
        }

        _rejecting[_rejectingCount++] = destination;
        if (_rejectingCount == DeviceRejectionThreshold)
        {
            (Segmentation, _rejectingCount) = (false, 0);
        }
    }

    private void Put(byte* data, int length, int segmentBytes, ulong high, ulong low, ushort port, int mark)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(Count, Capacity);
        var i = Count++;
        _marks[i] = mark;
        _vectors[i] = new SocketLibrary.IoVector { Base = (nint)data, Length = (nuint)length };
        if (_isIPv6)
        {
            _addresses[i].Address6High = BinaryPrimitives.ReverseEndianness(high);
            _addresses[i].Address6Low = BinaryPrimitives.ReverseEndianness(low);
        }
        else
        {
            _addresses[i].Address4 = BinaryPrimitives.ReverseEndianness((uint)low);
        }

        _addresses[i].Port = BinaryPrimitives.ReverseEndianness(port);
        _controls[i].SegmentBytes = (ushort)segmentBytes;
        _messages[i].Header.Control = segmentBytes == 0 ? 0 : (nint)(_controls + i);
        _messages[i].Header.ControlLength = segmentBytes == 0 ? 0 : (nuint)sizeof(SocketLibrary.SegmentControl);
    }

    /// <summary>Sends the datagrams of one message one by one. False when the kernel's send buffer is full; the message then holds the rest.</summary>
    private bool TrySendSingly(UdpSocket socket, int index, ref SendOutcome outcome)
    {
        var rest = _vectors[index];
        var segment = _controls[index].SegmentBytes;
        ref var header = ref _messages[index].Header;
        (header.Control, header.ControlLength, _controls[index].SegmentBytes) = (0, 0, 0);
        while (rest.Length > 0)
        {
            _vectors[index] = rest with { Length = Math.Min(segment, rest.Length) };
            var taken = SocketLibrary.SendBatch(socket.Descriptor, _messages + index, 1, SocketLibrary.DontWait) == 1;
            var error = taken ? 0 : Marshal.GetLastPInvokeError();
            if (error == TryAgain)
            {
                _vectors[index] = rest;
                _controls[index].SegmentBytes = segment;
                return false;
            }

            if (error != Interrupted)
            {
                outcome = AddMessage(outcome, index, taken);
                rest.Base += (nint)_vectors[index].Length;
                rest.Length -= _vectors[index].Length;
            }
        }

        return true;
    }

    private SendOutcome AddMessage(SendOutcome outcome, int index, bool sent)
    {
        var bytes = (int)_vectors[index].Length;
        var segment = _controls[index].SegmentBytes;
        var datagrams = segment == 0 ? 1 : (bytes + segment - 1) / segment;
        return sent
            ? new SendOutcome(outcome.Messages + 1, outcome.Datagrams + datagrams, outcome.Bytes + bytes, outcome.Discarded)
            : outcome with { Discarded = outcome.Discarded + datagrams };
    }
}
