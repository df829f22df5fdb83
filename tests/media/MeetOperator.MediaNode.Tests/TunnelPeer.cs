using System.Buffers.Binary;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A client on a tunnel. It reads in the background, and acknowledges what it reads.</summary>
internal sealed class TunnelPeer : IAsyncDisposable
{
    private readonly WebSocket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly List<byte[]> _packets = [];
    private readonly List<byte> _rest = [];
    private readonly Task _reading;
    private long _received;
    private ushort _sequence;

    public TunnelPeer(WebSocket socket)
    {
        _socket = socket;
        _reading = ReadAsync();
    }

    /// <summary>Whether the client leaves unread what arrives from now on.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Whether the client acknowledges what it reads.</summary>
    public bool Acknowledges { get; set; } = true;

    /// <summary>Packets that have arrived.</summary>
    public IReadOnlyList<byte[]> Packets
    {
        get
        {
            lock (_packets)
            {
                return [.. _packets];
            }
        }
    }

    public IEnumerable<byte[]> Rtp => Packets.Where(packet => PacketClassifier.Classify(packet) == PacketKind.Rtp);

    /// <summary>The bytes of binary messages that the client has sent.</summary>
    public long Sent { get; private set; }

    /// <summary>The bytes that the node has acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>How many acknowledgements the node has sent.</summary>
    public int Acknowledgements { get; private set; }

    /// <summary>Completes when the node has closed the tunnel.</summary>
    public Task Ended => _reading;

    public static async Task<TunnelPeer> OpenAsync(TestNode node, string participant, string session, string room = "r") =>
        new(await node.Control.OpenTunnelAsync(room, participant, session, default));

    public Task SendRtpAsync(uint ssrc, byte payloadType, uint timestamp, byte[] payload, bool marker = false) =>
        SendRawAsync(Frame(ssrc, payloadType, timestamp, payload, marker), WebSocketMessageType.Binary);

    /// <summary>The next RTP packet with its length.</summary>
    public byte[] Frame(uint ssrc, byte payloadType, uint timestamp, byte[] payload, bool marker)
    {
        var packet = new byte[RtpHeader.FixedLength + payload.Length];
        new RtpHeader { SequenceNumber = ++_sequence, Ssrc = ssrc, PayloadType = payloadType, Timestamp = timestamp, Marker = marker }.WriteFixed(packet, withExtension: false);
        payload.CopyTo(packet, RtpHeader.FixedLength);
        return Frame(packet);
    }

    /// <summary>Sends a packet of a picture with one element of a header extension.</summary>
    public Task SendRtpAsync(uint ssrc, byte payloadType, uint timestamp, byte[] payload, bool marker, byte extensionId, byte[] extension)
    {
        var words = (extension.Length + 4) / 4;
        var start = RtpHeader.FixedLength + 4 + (4 * words);
        var packet = new byte[start + payload.Length];
        new RtpHeader { SequenceNumber = ++_sequence, Ssrc = ssrc, PayloadType = payloadType, Timestamp = timestamp, Marker = marker }.WriteFixed(packet, withExtension: true);
        byte[] head = [0xBE, 0xDE, 0, (byte)words, (byte)((extensionId << 4) | (extension.Length - 1)), .. extension];
        head.CopyTo(packet, RtpHeader.FixedLength);
        payload.CopyTo(packet, start);
        return SendAsync(packet);
    }

    /// <summary>Sends one packet with its length.</summary>
    public Task SendAsync(byte[] packet) => SendRawAsync(Frame(packet), WebSocketMessageType.Binary);

    public async Task SendRawAsync(byte[] message, WebSocketMessageType type)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(message, type, endOfMessage: true, _stop.Token);
            Sent += type == WebSocketMessageType.Binary ? message.Length : 0;
        }
        catch (WebSocketException)
        {
            // The node has closed it.
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _socket.Dispose();
        _stop.Dispose();
        _sending.Dispose();
    }

    private static byte[] Frame(byte[] packet)
    {
        var framed = new byte[StreamFraming.HeaderBytes + packet.Length];
        StreamFraming.WriteHeader(framed, packet.Length);
        packet.CopyTo(framed, StreamFraming.HeaderBytes);
        return framed;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                while (IsStopped)
                {
                    await Task.Delay(20, _stop.Token);
                }

                var result = await _socket.ReceiveAsync(buffer.AsMemory(), _stop.Token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                if (result.MessageType == WebSocketMessageType.Text)
                {
                    Acknowledgements++;
                    Acknowledged = long.Parse(Encoding.ASCII.GetString(buffer, 0, result.Count), CultureInfo.InvariantCulture);
                    continue;
                }

                _received += result.Count;
                Take(buffer.AsSpan(0, result.Count));
                await (Acknowledges ? SendRawAsync(Encoding.ASCII.GetBytes($"{_received}"), WebSocketMessageType.Text) : Task.CompletedTask);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The test or the tunnel has ended.
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _rest.AddRange(bytes);
        var all = _rest.ToArray();
        var at = 0;
        while (StreamFraming.Read(all.AsSpan(at), StreamFraming.MaximumPacketBytes, out var length) == FrameStatus.Complete)
        {
            lock (_packets)
            {
                _packets.Add(all[(at + StreamFraming.HeaderBytes)..(at + StreamFraming.HeaderBytes + length)]);
            }

            at += StreamFraming.HeaderBytes + length;
        }

        Assert.NotEqual(FrameStatus.TooLong, StreamFraming.Read(all.AsSpan(at), StreamFraming.MaximumPacketBytes, out _));
        _rest.RemoveRange(0, at);
    }
}
