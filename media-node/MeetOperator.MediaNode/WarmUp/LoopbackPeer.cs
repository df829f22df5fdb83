using System.Net;
using System.Text;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Time;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.WarmUp;

/// <summary>A client of the node in the node's own process. <see cref="SelfCall"/> drives it.</summary>
internal sealed unsafe class LoopbackPeer : IDisposable
{
    private readonly UdpSocket _socket;
    private readonly ReceiveBatch _batch = new(16);
    private readonly DatagramBuffer _out;
    private readonly PeerTransport _transport;
    private readonly DtlsCertificate _certificate;

    /// <param name="certificate">The certificate of the peer.</param>
    /// <param name="local">The peer's own address.</param>
    public LoopbackPeer(DtlsCertificate certificate, IPAddress local)
    {
        _socket = new UdpSocket(local, 0, 256 * 1024);
        _out = new DatagramBuffer(_socket.IsIPv6);
        _certificate = certificate;
        _transport = new PeerTransport(new PeerTransportOptions
        {
            LocalCredentials = IceCredentials.Generate(),
            Certificate = certificate,
            IceRole = IceRole.Controlling,
            DtlsRole = DtlsRole.Client,
            Random = new Random(),
        });
    }

    public bool IsConnected => _transport.State == PeerTransportState.Connected;

    public int ReceivedPackets { get; private set; }

    /// <summary>One section of an offer with the transport parameters of this peer.</summary>
    public string Section(string mid, string direction, string media) =>
        $"m={media}\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\na=ice-ufrag:{_transport.LocalCredentials.Ufrag}\r\na=ice-pwd:{_transport.LocalCredentials.Password}\r\n" +
        $"a=fingerprint:{_certificate.Fingerprint}\r\na=setup:actpass\r\n";

    /// <summary>Accepts all sections of an offer of the node.</summary>
    public string Answer(SessionDescription offer)
    {
        var answer = new StringBuilder($"v=0\r\na=group:BUNDLE {string.Join(' ', offer.Sections.Select(section => section.Mid))}\r\n");
        foreach (var section in offer.Sections)
        {
            answer.Append(Section(section.Mid!, "recvonly", $"{section.Kind} 9 {section.Protocol} {string.Join(' ', section.Formats)}").Replace("actpass", "active", StringComparison.Ordinal));
            foreach (var attribute in section.Attributes.Where(a => a.Name is "rtpmap" or "fmtp"))
            {
                answer.Append(attribute).Append("\r\n");
            }
        }

        return answer.ToString();
    }

    public bool TryConnect(string answer, TransportAddress node)
    {
        if (!SessionDescription.TryParse(answer, out var description, out _)
            || description.Sections is not [var section, ..]
            || !Fingerprint.TryParse(section.Value("fingerprint"), out var fingerprint))
        {
            return false;
        }

        _transport.SetRemote(new IceCredentials(section.Value("ice-ufrag")!, section.Value("ice-pwd")!), fingerprint, node);
        return true;
    }

    public void SendRtp(in RtpHeader header, ReadOnlySpan<byte> payload)
    {
        if (_transport.SelectedAddress is { } to)
        {
            Span<byte> fixedPart = stackalloc byte[RtpHeader.FixedLength];
            header.WriteFixed(fixedPart, withExtension: false);
            var length = _transport.ProtectRtp(fixedPart, payload, _out.Buffer);
            _out.Send(_socket, length, to);
        }
    }

    public void Pump()
    {
        var now = MonotonicClock.NowTicks;
        _transport.HandleTimeout(now);
        Drain();
        for (var received = _batch.Receive(_socket); received > 0; received = _batch.Receive(_socket))
        {
            for (var i = 0; i < received; i++)
            {
                var from = new TransportAddress(_batch.SourceHigh(i), _batch.SourceLow(i), _batch.SourcePort(i));
                ReceivedPackets += _transport.HandleDatagram(now, from, _batch.Datagram(i)).Kind == DatagramKind.Rtp ? 1 : 0;
                Drain();
            }
        }
    }

    public void Dispose()
    {
        _transport.Dispose();
        _batch.Dispose();
        _out.Dispose();
        _socket.Dispose();
    }

    private void Drain()
    {
        while (_transport.TryPoll(out var output))
        {
            if (output.Kind == TransportOutputKind.Transmit)
            {
                output.Datagram.CopyTo(_out.Buffer);
                _out.Send(_socket, output.Datagram.Length, output.To);
            }
        }
    }
}
