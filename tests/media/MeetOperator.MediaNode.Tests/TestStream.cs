using System.Net;
using System.Net.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The client's end of a TCP connection for media, with real sockets. Nothing is sent or received in the background, except by the kernel.</summary>
internal sealed class TestStream : IDisposable
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _received;
    private int _taken;

    /// <param name="node">The TCP port of the media node.</param>
    /// <param name="receiveBufferBytes">The size of the kernel's receive buffer; 0 for the kernel's choice.</param>
    /// <param name="local">The address of the client; null for the kernel's choice.</param>
    public TestStream(IPEndPoint node, int receiveBufferBytes = 0, IPAddress? local = null)
    {
        Socket = new Socket(node.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0)
        {
            Socket.ReceiveBufferSize = receiveBufferBytes;
        }

        if (local is not null)
        {
            Socket.Bind(new IPEndPoint(local, 0));
        }

        Socket.Connect(node);
    }

    public Socket Socket { get; }

    public IPEndPoint LocalEndPoint => (IPEndPoint)Socket.LocalEndPoint!;

    /// <summary>Sends one packet.</summary>
    public void Send(ReadOnlySpan<byte> packet)
    {
        var frame = new byte[StreamFraming.HeaderBytes + packet.Length];
        StreamFraming.WriteHeader(frame, packet.Length);
        packet.CopyTo(frame.AsSpan(StreamFraming.HeaderBytes));
        SendRaw(frame);
    }

    public void SendRaw(ReadOnlySpan<byte> bytes) => Socket.Send(bytes);

    /// <summary>Takes a packet that has arrived. The bytes are valid until the next call.</summary>
    public bool TryReceive(out Span<byte> packet)
    {
        packet = default;
        if (!IsComplete(out var length))
        {
            _buffer.AsSpan(_taken, _received - _taken).CopyTo(_buffer);
            (_received, _taken) = (_received - _taken, 0);
            if (Socket.Available > 0)
            {
                _received += Socket.Receive(_buffer.AsSpan(_received));
            }

            if (!IsComplete(out length))
            {
                return false;
            }
        }

        packet = _buffer.AsSpan(_taken + StreamFraming.HeaderBytes, length);
        _taken += StreamFraming.HeaderBytes + length;
        return true;
    }

    /// <summary>Whether the node has ended the connection. What has arrived before is lost.</summary>
    public bool HasEnded()
    {
        try
        {
            while (Socket.Poll(0, SelectMode.SelectRead))
            {
                if (Socket.Receive(_buffer) == 0)
                {
                    return true;
                }
            }

            return false;
        }
        catch (SocketException)
        {
            return true; // a reset
        }
    }

    public void Dispose() => Socket.Dispose();

    private bool IsComplete(out int length) => StreamFraming.Read(_buffer.AsSpan(_taken, _received - _taken), ushort.MaxValue, out length) == FrameStatus.Complete;
}
