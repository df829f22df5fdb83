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
    private const int InvalidArgument = 22;
    private const int InputOutput = 5;
    private const int NotSupported = 95;
    private const int TryAgain = 11;
    private const int Interrupted = 4;
    private readonly SocketLibrary.BatchMessage* _messages;
    private readonly SocketLibrary.IoVector* _vectors;
    private readonly SocketLibrary.InternetAddress* _addresses;
    private readonly SocketLibrary.SegmentControl* _controls;
    private bool _disposed;

    public SendBatch(int capacity)
    {
        Capacity = capacity;
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

    /// <summary>False once the kernel has refused a segmented message; it is not tried again.</summary>
    public bool Segmentation { get; set; } = true;

    /// <summary>Takes a message of <paramref name="length"/> bytes, to be cut every <paramref name="segmentBytes"/>. The batch must have room.</summary>
    /// <param name="data">Native memory.</param>
    /// <param name="length">Bytes of all datagrams together.</param>
    /// <param name="segmentBytes">Bytes of each datagram but perhaps the last.</param>
    /// <param name="address">IPv4 destination in host order.</param>
    /// <param name="port">UDP port.</param>
    public void Add(byte* data, int length, int segmentBytes, uint address, ushort port)
    {
        if (length > segmentBytes && !Segmentation)
        {
            for (var at = 0; at < length; at += segmentBytes)
            {
                Put(data + at, Math.Min(segmentBytes, length - at), 0, address, port);
            }

            return;
        }

        Put(data, length, length > segmentBytes ? segmentBytes : 0, address, port);
    }

    /// <summary>Messages that <see cref="Add"/> makes of this many bytes.</summary>
    public int MessagesFor(int length, int segmentBytes) => Segmentation ? 1 : (length + segmentBytes - 1) / segmentBytes;

    /// <summary>Sends everything collected and empties the batch.</summary>
    public SendOutcome Send(UdpSocket socket)
    {
        var outcome = default(SendOutcome);
        var at = 0;
        while (at < Count)
        {
            var sent = SocketLibrary.SendBatch(socket.Descriptor, _messages + at, (uint)(Count - at), SocketLibrary.DontWait);
            if (sent > 0)
            {
                for (var end = at + sent; at < end; at++)
                {
                    outcome = Counted(outcome, at, sent: true);
                }

                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
            {
                continue;
            }

            if (error is InvalidArgument or InputOutput or NotSupported && _messages[at].Header.ControlLength != 0)
            {
                Segmentation = false;
                outcome = SendSingly(socket, at, outcome);
            }
            else if (error == TryAgain)
            {
                // The kernel's buffer is full: what is late is worthless in a call, so the rest is given up.
                for (; at < Count; at++)
                {
                    outcome = Counted(outcome, at, sent: false);
                }

                break;
            }
            else
            {
                outcome = Counted(outcome, at, sent: false);
            }

            at++;
        }

        Count = 0;
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

    private void Put(byte* data, int length, int segmentBytes, uint address, ushort port)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(Count, Capacity);
        var i = Count++;
        _vectors[i] = new SocketLibrary.IoVector { Base = (nint)data, Length = (nuint)length };
        _addresses[i].Address = BinaryPrimitives.ReverseEndianness(address);
        _addresses[i].Port = BinaryPrimitives.ReverseEndianness(port);
        _controls[i].SegmentBytes = (ushort)segmentBytes;
        _messages[i].Header.Control = segmentBytes == 0 ? 0 : (nint)(_controls + i);
        _messages[i].Header.ControlLength = segmentBytes == 0 ? 0 : (nuint)sizeof(SocketLibrary.SegmentControl);
    }

    private SendOutcome SendSingly(UdpSocket socket, int index, SendOutcome outcome)
    {
        var whole = _vectors[index];
        var segment = (nuint)_controls[index].SegmentBytes;
        _messages[index].Header.Control = 0;
        _messages[index].Header.ControlLength = 0;
        _controls[index].SegmentBytes = 0;
        for (nuint at = 0; at < whole.Length; at += segment)
        {
            _vectors[index] = new SocketLibrary.IoVector { Base = whole.Base + (nint)at, Length = Math.Min(segment, whole.Length - at) };
            var sent = SocketLibrary.SendBatch(socket.Descriptor, _messages + index, 1, SocketLibrary.DontWait) == 1;
            outcome = Counted(outcome, index, sent);
        }

        return outcome;
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
