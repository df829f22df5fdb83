using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Relay.Tests.Transport;

/// <summary>One end of a link on a simulated network. Records what it sends and receives.</summary>
internal sealed class LinkEnd
{
    private readonly SimulatedNetwork _network;
    private readonly TransportAddress _address;
    private readonly TransportAddress _remote;
    private readonly byte[] _buffer = new byte[2000];

    internal LinkEnd(SimulatedNetwork network, TransportAddress address, TransportAddress remote, LinkOptions options)
    {
        (_network, _address, _remote) = (network, address, remote);
        Transport = new LinkTransport(options);
        Attach();
    }

    internal LinkTransport Transport { get; }

    /// <summary>The datagrams sent, as an observer of the network would capture them.</summary>
    internal List<byte[]> Sent { get; } = [];

    internal List<byte[]> Messages { get; } = [];

    internal List<byte[]> Rtp { get; } = [];

    internal List<byte[]> Rtcp { get; } = [];

    /// <summary>Number of control datagrams and media datagrams that the end accepted.</summary>
    internal int Accepted { get; private set; }

    internal static LinkSecret Secret(ushort epoch, byte fill = 0) => new(epoch, Enumerable.Repeat((byte)(epoch + fill), LinkSecret.Length).ToArray());

    /// <summary>Receives datagrams from the network, also again after they were lost.</summary>
    internal void Attach() => _network.Attach(_address, (_, _, datagram) => Receive(datagram));

    internal void SetSecrets(params LinkSecret[] secrets)
    {
        Transport.SetSecrets(_network.NowTicks, secrets);
        Poll();
    }

    internal LinkReceived Receive(ReadOnlySpan<byte> datagram)
    {
        var copy = datagram.ToArray();
        var result = Transport.Handle(_network.NowTicks, copy);
        Accepted += result.Kind == LinkReceivedKind.Dropped ? 0 : 1;
        var packet = copy.AsSpan(Math.Min(copy.Length, LinkDatagram.HeaderLength));
        switch (result.Kind)
        {
            case LinkReceivedKind.Rtp:
                Rtp.Add(packet[..result.Length].ToArray());
                break;
            case LinkReceivedKind.Rtcp:
                Rtcp.Add(packet[..result.Length].ToArray());
                break;
        }

        Poll();
        return result;
    }

    internal void Poll()
    {
        while (Transport.TryReceive(out var message))
        {
            Messages.Add(message.ToArray());
        }

        while (Transport.TryPoll(_network.NowTicks, _buffer, out var written))
        {
            Send(_buffer.AsSpan(0, written));
        }
    }

    internal void HandleTimeout()
    {
        Transport.HandleTimeout(_network.NowTicks);
        Poll();
    }

    internal bool SendMessage(ReadOnlySpan<byte> message, ulong? key = null)
    {
        var isQueued = Transport.TrySend(_network.NowTicks, message, key);
        Poll();
        return isQueued;
    }

    /// <summary>Sends an RTP packet whose payload is its sequence number. False when the transport does not send it.</summary>
    internal bool SendRtp(ushort number, uint ssrc = 7, int payloadLength = 20)
    {
        var length = Transport.ProtectRtp(Header(number, ssrc), Payload(number, payloadLength), _buffer);
        if (length > 0)
        {
            Send(_buffer.AsSpan(0, length));
        }

        return length > 0;
    }

    internal void Close()
    {
        Transport.Close(_network.NowTicks, Relay.Messages.ByeReason.Removed);
        Poll();
    }

    internal static byte[] Header(ushort number, uint ssrc) =>
        [0x80, 96, (byte)(number >> 8), (byte)number, 0, 0, 0, 1, (byte)(ssrc >> 24), (byte)(ssrc >> 16), (byte)(ssrc >> 8), (byte)ssrc];

    private static byte[] Payload(ushort number, int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 2 == 0 ? number >> 8 : number))];

    private void Send(ReadOnlySpan<byte> datagram)
    {
        Sent.Add(datagram.ToArray());
        _network.Send(_address, _remote, datagram);
    }
}
