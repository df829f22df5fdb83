using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Transport;

/// <summary>An action for the host. The datagram is valid until the next call to the transport.</summary>
public readonly ref struct TransportOutput
{
    internal TransportOutput(TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        Kind = TransportOutputKind.Transmit;
        To = to;
        Datagram = datagram;
    }

    internal TransportOutput(PeerTransportState state)
    {
        Kind = TransportOutputKind.StateChanged;
        State = state;
    }

    public TransportOutputKind Kind { get; }

    public TransportAddress To { get; }

    public ReadOnlySpan<byte> Datagram { get; }

    public PeerTransportState State { get; }
}
