using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;

namespace MeetOperator.Probe;

/// <summary>One peer connection of a synthetic client: a <see cref="PeerTransport"/> on a UDP socket, as controlling ICE agent and DTLS client. Not thread-safe.</summary>
internal sealed class ProbePeer : IDisposable
{
    /// <summary>How long one candidate is tried before the next one.</summary>
    private const long CandidateTimeoutTicks = 3 * TimeSpan.TicksPerSecond;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
    private readonly PeerTransport _transport;
    private readonly byte[] _buffer = new byte[4096];
    private readonly List<IPEndPoint> _candidates = [];
    private Action<long> _connect = _ => { };
    private long _nextCandidateTicks;
    private int _candidate;

    public ProbePeer(DtlsCertificate certificate, int seed)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        _transport = new PeerTransport(new PeerTransportOptions
        {
            LocalCredentials = IceCredentials.Generate(),
            Certificate = certificate,
            IceRole = IceRole.Controlling,
            DtlsRole = DtlsRole.Client,
            Random = new Random(seed),
        });
    }

    public IceCredentials Credentials => _transport.LocalCredentials;

    public bool IsConnected => _transport.State == PeerTransportState.Connected;

    /// <summary>The candidates of the media node.</summary>
    public string Candidates => string.Join(", ", _candidates);

    /// <summary>The state of the connection, for error messages.</summary>
    public string Progress => _transport switch
    {
        { State: PeerTransportState.Connected } => "connected",
        { SelectedAddress: null } => $"no UDP response from {Candidates}; check that the port is reachable and that the advertised address is correct",
        _ => $"UDP reaches {_transport.SelectedAddress}, but the DTLS handshake does not complete ({_transport.State}, {_transport.Failure})",
    };

    /// <summary>Called by <see cref="Pump"/> with the time in ticks, a buffer and the length of a decrypted RTP packet.</summary>
    public Action<long, byte[], int> OnRtp { get; set; } = (_, _, _) => { };

    /// <summary>Called by <see cref="Pump"/> with a buffer and the length of a decrypted compound RTCP packet.</summary>
    public Action<byte[], int> OnRtcp { get; set; } = (_, _) => { };

    /// <summary>Applies the server's answer. Connectivity checks start with the next <see cref="Pump"/>.</summary>
    public void Accept(string sdp)
    {
        if (!SessionDescription.TryParse(sdp, out var answer, out var error))
        {
            throw new ProbeException($"the server's SDP answer is invalid: {error}");
        }

        string Find(string name) => answer.Sections.Select(s => s.Value(name)).Prepend(answer.Value(name)).FirstOrDefault(v => v is not null)
            ?? throw new ProbeException($"the server's SDP answer has no a={name}");
        if (!Fingerprint.TryParse(Find("fingerprint"), out var fingerprint))
        {
            throw new ProbeException($"the server's SDP answer has an unsupported fingerprint: {Find("fingerprint")}");
        }

        _candidates.AddRange(answer.Sections.SelectMany(s => s.Attributes).Where(a => a.Name == "candidate").Select(a => Candidate(a.Value)).OfType<IPEndPoint>().Distinct());
        if (_candidates.Count == 0)
        {
            throw new ProbeException("the server's SDP answer has no IPv4 UDP candidate");
        }

        var remote = new IceCredentials(Find("ice-ufrag"), Find("ice-pwd"));
        _connect = now =>
        {
            if (_transport.SelectedAddress is null && now >= _nextCandidateTicks)
            {
                _nextCandidateTicks = now + CandidateTimeoutTicks;
                _transport.SetRemote(remote, fingerprint, TransportAddress.FromIPEndPoint(_candidates[_candidate++ % _candidates.Count]));
            }
        };
    }

    public void SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (_transport.SelectedAddress is { } to && _transport.ProtectRtp(header, payload, _buffer) is > 0 and var length)
        {
            Send(to, _buffer.AsSpan(0, length));
        }
    }

    /// <summary>Handles all received datagrams and due timers.</summary>
    public void Pump(long nowTicks)
    {
        _connect(nowTicks);
        _transport.HandleTimeout(nowTicks);
        Drain();
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        while (TryReceive(ref from, out var length))
        {
            var result = _transport.HandleDatagram(nowTicks, TransportAddress.FromIPEndPoint((IPEndPoint)from), _buffer.AsSpan(0, length));
            if (result.Kind == DatagramKind.Rtp)
            {
                OnRtp(nowTicks, _buffer, result.Length);
            }
            else if (result.Kind == DatagramKind.Rtcp)
            {
                OnRtcp(_buffer, result.Length);
            }

            Drain();
        }
    }

    private bool TryReceive(ref EndPoint from, out int length)
    {
        length = 0;
        try
        {
            if (_socket.Available == 0)
            {
                return false;
            }

            length = _socket.ReceiveFrom(_buffer, ref from);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            return false; // The kernel dropped the datagram after announcing it (wrong checksum), or an ICMP error arrived.
        }
    }

    public void Dispose()
    {
        _transport.Dispose();
        _socket.Dispose();
    }

    private void Drain()
    {
        while (_transport.TryPoll(out var output))
        {
            if (output.Kind == TransportOutputKind.Transmit)
            {
                Send(output.To, output.Datagram);
            }
        }
    }

    private void Send(TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.SendTo(datagram, SocketFlags.None, to.ToIPEndPoint());
        }
        catch (SocketException)
        {
            // The same as packet loss: checks are retransmitted, and a media packet counts as lost.
        }
    }

    /// <summary><c>foundation component udp priority address port typ …</c> (RFC 8839 §5.1).</summary>
    private static IPEndPoint? Candidate(string? value) =>
        value?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var protocol, _, var host, var port, ..]
        && protocol.Equals("udp", StringComparison.OrdinalIgnoreCase)
        && IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetwork
        && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new IPEndPoint(address, number)
            : null;
}
