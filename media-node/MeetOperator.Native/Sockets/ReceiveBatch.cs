using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>
/// Native memory for one <c>recvmmsg</c> call. The datagrams stay valid until the next <see cref="Receive"/>. Datagrams longer than
/// <see cref="SlotBytes"/> are truncated; WebRTC peers do not send datagrams of that size.
/// </summary>
public sealed unsafe class ReceiveBatch : IDisposable
{
    public const int SlotBytes = 2048;
    private readonly SocketLibrary.BatchMessage* _messages;
    private readonly SocketLibrary.IoVector* _vectors;
    private readonly SocketLibrary.InternetAddress* _addresses;
    private readonly SocketLibrary.TimestampControl* _controls;
    private readonly byte* _data;
    private bool _disposed;

    public ReceiveBatch(int capacity)
    {
        Capacity = capacity;
        _messages = (SocketLibrary.BatchMessage*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.BatchMessage)));
        _vectors = (SocketLibrary.IoVector*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.IoVector)));
        _addresses = (SocketLibrary.InternetAddress*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.InternetAddress)));
        _controls = (SocketLibrary.TimestampControl*)NativeMemory.AllocZeroed((nuint)(capacity * sizeof(SocketLibrary.TimestampControl)));
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)(capacity * SlotBytes), 64);
        for (var i = 0; i < capacity; i++)
        {
            _vectors[i] = new SocketLibrary.IoVector { Base = (nint)(_data + (i * SlotBytes)), Length = SlotBytes };
            _messages[i].Header.Name = (nint)(_addresses + i);
            _messages[i].Header.Vectors = (nint)(_vectors + i);
            _messages[i].Header.VectorCount = 1;
            _messages[i].Header.Control = (nint)(_controls + i);
        }
    }

    public int Capacity { get; }

    /// <summary>Reads the available datagrams without waiting. Returns their number.</summary>
    public int Receive(UdpSocket socket)
    {
        for (var i = 0; i < Capacity; i++)
        {
            _messages[i].Header.NameLength = (uint)sizeof(SocketLibrary.InternetAddress);
            _messages[i].Header.ControlLength = (nuint)sizeof(SocketLibrary.TimestampControl);
        }

        return Math.Max(0, SocketLibrary.ReceiveBatch(socket.Descriptor, _messages, (uint)Capacity, SocketLibrary.DontWait, null));
    }

    public Span<byte> Datagram(int index) => new(_data + (index * SlotBytes), (int)Math.Min(_messages[index].Length, SlotBytes));

    /// <summary>The first 64 bits of the sender's address in host order; 0 for IPv4, which has the IPv4-mapped form.</summary>
    public ulong SourceHigh(int index) =>
        _addresses[index].Family == SocketLibrary.InternetFamily ? 0 : BinaryPrimitives.ReverseEndianness(_addresses[index].Address6High);

    /// <summary>The last 64 bits of the sender's address in host order.</summary>
    public ulong SourceLow(int index) => _addresses[index].Family == SocketLibrary.InternetFamily
        ? SocketAddresses.Mapped(BinaryPrimitives.ReverseEndianness(_addresses[index].Address4))
        : BinaryPrimitives.ReverseEndianness(_addresses[index].Address6Low);

    public ushort SourcePort(int index) => BinaryPrimitives.ReverseEndianness(_addresses[index].Port);

    /// <summary>
    /// When the kernel received the datagram, by its clock for the time of day, which can step: 100 ns ticks since 1970. 0 when the kernel recorded no time.
    /// </summary>
    public long KernelTicks(int index)
    {
        ref readonly var control = ref _controls[index];
        return _messages[index].Header.ControlLength >= (nuint)sizeof(SocketLibrary.TimestampControl)
            && control is { Level: SocketLibrary.SocketLevel, Type: SocketLibrary.TimestampNanoseconds }
                ? (control.Time.Seconds * TimeSpan.TicksPerSecond) + (control.Time.Nanoseconds / TimeSpan.NanosecondsPerTick)
                : 0;
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
            NativeMemory.AlignedFree(_data);
        }
    }
}
