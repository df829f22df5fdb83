using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Rtc.Testing;

/// <summary>A transport at an address of a simulated network. Records the received packets and the state changes.</summary>
public sealed class SimulatedPeer : IDisposable
{
    private readonly SimulatedNetwork _network;
    private TransportAddress _address;
    private bool _isDisconnected;

    public SimulatedPeer(SimulatedNetwork network, TransportAddress address, PeerTransport transport)
    {
        _network = network;
        _address = address;
        Transport = transport;
        network.Attach(address, Receive);
    }

    public PeerTransport Transport { get; }

    public TransportAddress Address => _address;

    /// <summary>Decrypted packets in order of arrival.</summary>
    public List<byte[]> Received { get; } = [];

    public List<PeerTransportState> States { get; } = [];

    /// <summary>The datagrams that the transport queued for sending: STUN and DTLS, but not media.</summary>
    public List<byte[]> Sent { get; } = [];

    public long NextTimeoutTicks => _isDisconnected ? long.MaxValue : Transport.NextTimeoutTicks;

    /// <summary>Changes the address, like a phone that switches from Wi-Fi to a mobile network.</summary>
    public void MoveTo(TransportAddress newAddress)
    {
        _network.Detach(_address);
        _address = newAddress;
        _network.Attach(_address, Receive);
    }

    /// <summary>Disconnects the peer from the network without a close_notify.</summary>
    public void Disconnect()
    {
        _isDisconnected = true;
        _network.Detach(_address);
    }

    public void SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        Span<byte> datagram = stackalloc byte[2048];
        var length = Transport.ProtectRtp(header, payload, datagram);
        SendRaw(datagram[..length]);
    }

    public void SendRtcp(ReadOnlySpan<byte> packet)
    {
        Span<byte> datagram = stackalloc byte[2048];
        var length = Transport.ProtectRtcp(packet, datagram);
        SendRaw(datagram[..length]);
    }

    public void HandleTimeout(long nowTicks)
    {
        Transport.HandleTimeout(nowTicks);
        Poll();
    }

    /// <summary>Processes all outputs of the transport.</summary>
    public void Poll()
    {
        while (Transport.TryPoll(out var output))
        {
            if (output.Kind == TransportOutputKind.StateChanged)
            {
                States.Add(output.State);
            }
            else
            {
                Sent.Add(output.Datagram.ToArray());
                _network.Send(_address, output.To, output.Datagram);
            }
        }
    }

    public void Dispose() => Transport.Dispose();

    private void SendRaw(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > 0 && Transport.SelectedAddress is { } to)
        {
            _network.Send(_address, to, datagram);
        }
    }

    private void Receive(long nowTicks, TransportAddress from, byte[] datagram)
    {
        var result = Transport.HandleDatagram(nowTicks, from, datagram);
        if (result.Kind is DatagramKind.Rtp or DatagramKind.Rtcp)
        {
            Received.Add(datagram[..result.Length]);
        }

        Poll();
    }
}
