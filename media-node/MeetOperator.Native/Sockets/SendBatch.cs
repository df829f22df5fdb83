using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>
/// Collects messages for one <c>sendmmsg</c>. A message may hold several datagrams of equal size (the last may be shorter), which the kernel
/// or the network card splits (UDP_SEGMENT): that is 2 to 3 times cheaper than sending them one by one. The memory that messages point to
/// must stay as it is until <see cref="Send"/>.
/// </summary>
public sealed unsafe class SendBatch : IDisposable
{
    /// <summary>Marks of destinations that <see cref="Refused"/> holds at most between two calls; more are told next time.</summary>
    private const int MaxRefusals = 64;

    /// <summary>So many segmented messages refused by the device, with none taken between them, are no matter of one route.</summary>
    private const int DeviceRefusals = 8;

    // Of a segmented message: the path's MTU is smaller than a segment (EINVAL before Linux 6.14), the device or an IPsec route cannot (EIO).
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
    private readonly int[] _refused = new int[MaxRefusals];
    private int _refusals;
    private int _refusedInRow;
    private int _first;
    private bool _disposed;

    public SendBatch(int capacity)
    {
        Capacity = capacity;
        _marks = new int[capacity];
        _messages = (SocketLibrary.BatchMessage*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.BatchMessage)));
        _vectors = (SocketLibrary.IoVector*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.IoVector)));
        _addresses = (SocketLibrary.InternetAddress*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.InternetAddress)));
        _controls = (SocketLibrary.SegmentControl*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.SegmentControl)));
        for (var i = 0; i < capacity; i++)
        {
            _addresses[i].Family = SocketLibrary.InternetFamily;
            _messages[i].Header.Name = (nint)(_addresses + i);
            _messages[i].Header.NameLength = (uint)sizeof(SocketLibrary.InternetAddress);
            _messages[i].Header.Vectors = (nint)(_vectors + i);
            _messages[i].Header.VectorCount = 1;
            _controls[i].Length = 16 + sizeof(ushort); // CMSG_LEN(2)
            _controls[i].Level = SocketLibrary.UdpLevel;
            _controls[i].Type = SocketLibrary.UdpSegment;
        }
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    /// <summary>Goes off when it showed that the device cannot segment at all; whoever owns the batch may try again.</summary>
    public bool Segmentation { get; set; } = true;

    /// <summary>Marks of messages that did not leave segmented, but datagram by datagram; see <see cref="ForgetRefusals"/>.</summary>
    public ReadOnlySpan<int> Refused => _refused.AsSpan(0, _refusals);

    /// <summary>Messages of the last <see cref="Send"/> that the kernel had no room for; they are the batch's until <see cref="Clear"/>.</summary>
    public int Unsent => Count - _first;

    /// <summary>Takes a message of <paramref name="length"/> bytes, to be cut every <paramref name="segmentBytes"/>. The batch must have room.</summary>
    /// <param name="data">Native memory.</param>
    /// <param name="length">Bytes of all datagrams together.</param>
    /// <param name="segmentBytes">Bytes of each datagram but perhaps the last.</param>
    /// <param name="address">IPv4 destination in host order.</param>
    /// <param name="port">UDP port.</param>
    /// <param name="singly">Makes a message of each datagram, as the path to there takes no segmented ones.</param>
    /// <param name="mark">Told in <see cref="Refused"/>.</param>
    public void Add(byte* data, int length, int segmentBytes, uint address, ushort port, bool singly, int mark)
    {
        if (length > segmentBytes && (singly || !Segmentation))
        {
            for (var at = 0; at < length; at += segmentBytes)
            {
                Put(data + at, Math.Min(segmentBytes, length - at), 0, address, port, mark);
            }

            return;
        }

        Put(data, length, length > segmentBytes ? segmentBytes : 0, address, port, mark);
    }

    /// <summary>Messages that <see cref="Add"/> makes of this many bytes.</summary>
    public int MessagesFor(int length, int segmentBytes, bool singly) => Segmentation && !singly ? 1 : (length + segmentBytes - 1) / segmentBytes;

    public void Clear() => (Count, _first) = (0, 0);

    public void ForgetRefusals() => _refusals = 0;

    /// <summary>The message at this place among those that are <see cref="Unsent"/>.</summary>
    public UnsentMessage Message(int index)
    {
        var i = _first + index;
        var length = (int)_vectors[i].Length;
        return new UnsentMessage(
            _vectors[i].Base,
            length,
            _controls[i].SegmentBytes == 0 ? length : _controls[i].SegmentBytes,
            BinaryPrimitives.ReverseEndianness(_addresses[i].Address),
            BinaryPrimitives.ReverseEndianness(_addresses[i].Port));
    }

    /// <summary>Sends everything collected, as far as the kernel has room: what it does not take is then <see cref="Unsent"/>.</summary>
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
                    outcome = Counted(outcome, at, sent: true);
                    _refusedInRow = _messages[at].Header.ControlLength != 0 ? 0 : _refusedInRow;
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
                outcome = Counted(outcome, at, sent: false);
            }
            else
            {
                OnRefusal(at, error);
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

    private void OnRefusal(int index, int error)
    {
        if (_refusals < MaxRefusals)
        {
            _refused[_refusals++] = _marks[index];
        }

        if (error is InputOutput or NotSupported && ++_refusedInRow == DeviceRefusals)
        {
            (Segmentation, _refusedInRow) = (false, 0);
        }
    }

    private void Put(byte* data, int length, int segmentBytes, uint address, ushort port, int mark)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(Count, Capacity);
        var i = Count++;
        _marks[i] = mark;
        _vectors[i] = new SocketLibrary.IoVector { Base = (nint)data, Length = (nuint)length };
        _addresses[i].Address = BinaryPrimitives.ReverseEndianness(address);
        _addresses[i].Port = BinaryPrimitives.ReverseEndianness(port);
        _controls[i].SegmentBytes = (ushort)segmentBytes;
        _messages[i].Header.Control = segmentBytes == 0 ? 0 : (nint)(_controls + i);
        _messages[i].Header.ControlLength = segmentBytes == 0 ? 0 : (nuint)sizeof(SocketLibrary.SegmentControl);
    }

    /// <summary>Sends the datagrams of one message by themselves. False when the kernel has no room: the message is then what is left of it.</summary>
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
                outcome = Counted(outcome, index, taken);
                rest.Base += (nint)_vectors[index].Length;
                rest.Length -= _vectors[index].Length;
            }
        }

        return true;
    }

    private SendOutcome Counted(SendOutcome outcome, int index, bool sent)
    {
        var bytes = (int)_vectors[index].Length;
        var segment = _controls[index].SegmentBytes;
        var datagrams = segment == 0 ? 1 : (bytes + segment - 1) / segment;
        return sent
            ? new SendOutcome(outcome.Messages + 1, outcome.Datagrams + datagrams, outcome.Bytes + bytes, outcome.Refused)
            : outcome with { Refused = outcome.Refused + datagrams };
    }
}
