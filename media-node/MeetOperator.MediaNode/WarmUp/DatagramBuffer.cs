using System.Runtime.InteropServices;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.WarmUp;

/// <summary>A native buffer for one outgoing datagram.</summary>
internal sealed unsafe class DatagramBuffer(bool isIPv6) : IDisposable
{
    private const int Bytes = 2048;
    private readonly SendBatch _batch = new(1, isIPv6);
    private readonly byte* _data = (byte*)NativeMemory.Alloc(Bytes);

    public Span<byte> Buffer => new(_data, Bytes);

    public void Send(UdpSocket socket, int length, TransportAddress to)
    {
        if (length > 0)
        {
            _batch.Add(_data, length, length, to.High, to.Low, to.Port, singly: false, mark: 0);
            _batch.Send(socket);
            _batch.Clear(); // a datagram that does not fit now would be sent too late
        }
    }

    public void Dispose()
    {
        _batch.Dispose();
        NativeMemory.Free(_data);
    }
}
