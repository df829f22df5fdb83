using System.Runtime.InteropServices;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc;

namespace MeetOperator.MediaNode.WarmUp;

/// <summary>Native memory for one outgoing datagram.</summary>
internal sealed unsafe class LoopEgressBuffer : IDisposable
{
    private const int Bytes = 2048;
    private readonly SendBatch _batch = new(1);
    private readonly byte* _data = (byte*)NativeMemory.Alloc(Bytes);

    public Span<byte> Room => new(_data, Bytes);

    public void Send(UdpSocket socket, int length, TransportAddress to)
    {
        if (length > 0)
        {
            _batch.Add(_data, length, length, to.Address, to.Port, singly: false, mark: 0);
            _batch.Send(socket);
            _batch.Clear(); // what the kernel has no room for now comes too late anyway
        }
    }

    public void Dispose()
    {
        _batch.Dispose();
        NativeMemory.Free(_data);
    }
}
