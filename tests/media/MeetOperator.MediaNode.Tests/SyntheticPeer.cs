using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// A synthetic client: a controlling transport on a real socket. Nothing runs in the background. The test pumps the peer; a peer that is not pumped sends and
/// receives nothing.
/// </summary>
internal sealed partial class SyntheticPeer : IDisposable
{
    private static readonly DtlsCertificate Certificate = DtlsCertificate.Generate();
    private Socket _socket;

    /// <summary>The TCP connection that is used instead of the socket; null for none.</summary>
    private TestStream? _stream;
    private readonly PeerTransport _transport;
    private readonly byte[] _buffer = new byte[4096];
    private readonly Queue<byte[]> _sent = new();
    private readonly Dictionary<uint, ushort> _sequences = [];
    private readonly Dictionary<byte, int> _arrived = [];

    /// <param name="isIPv6">Whether the peer has only an IPv6 address, instead of only an IPv4 address.</param>
    /// <param name="local">The address of the peer; null for loopback.</param>
    public SyntheticPeer(bool isIPv6 = false, IPAddress? local = null)
    {
        _socket = NewSocket(isIPv6, local);
        _transport = new PeerTransport(new PeerTransportOptions
        {
            LocalCredentials = IceCredentials.Generate(),
            Certificate = Certificate,
            IceRole = IceRole.Controlling,
            DtlsRole = DtlsRole.Client,
            Random = new Random(1),
            SilenceTimeoutTicks = 30 * TimeSpan.TicksPerSecond,
        });
    }

    public bool IsConnected => _transport.State == PeerTransportState.Connected;

    public PeerTransportState State => _transport.State;

    public IceCredentials Credentials => _transport.LocalCredentials;

    /// <summary>The username fragment of the node, once its SDP is known.</summary>
    public string RemoteUfrag => _transport.RemoteCredentials!.Ufrag;

    public static Fingerprint Fingerprint => Certificate.Fingerprint;

    public IPEndPoint LocalEndPoint => _stream?.LocalEndPoint ?? (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Whether <see cref="Connect"/> opens a TCP connection, because this peer's network lets no UDP through.</summary>
    public bool IsBehindFirewall { get; set; }

    /// <summary>The size of the kernel's receive buffer of a TCP connection; 0 for the kernel's choice.</summary>
    public int ReceiveBufferBytes { get; init; }

    /// <summary>The TCP connection; null for UDP.</summary>
    public TestStream? Stream => _stream;

    /// <summary>Returns true to drop an incoming RTP packet. The arguments are the payload type and the number of packets with it so far, this one included.</summary>
    public Func<byte, int, bool> LoseRtp { get; set; } = (_, _) => false;

    /// <summary>Bytes of the largest datagram that arrived, as UDP payload.</summary>
    public int LargestDatagramBytes { get; private set; }

    /// <summary>Decrypted RTP packets that arrived.</summary>
    public List<byte[]> Rtp { get; } = [];

    /// <summary>Decrypted RTCP packets that arrived.</summary>
    public List<byte[]> Rtcp { get; } = [];

    /// <summary>Transaction IDs of the node's checks that arrived, retransmissions included.</summary>
    public List<string> Checks { get; } = [];

    /// <summary>Transport attributes for every section of this peer's SDP.</summary>
    public string TransportLines(string setup) =>
        $"a=rtcp-mux\r\na=ice-ufrag:{_transport.LocalCredentials.Ufrag}\r\na=ice-pwd:{_transport.LocalCredentials.Password}\r\n" +
        $"a=fingerprint:{Certificate.Fingerprint}\r\na=setup:{setup}\r\n";

    /// <summary>Simulates a network change: a new address, and new ICE credentials for the next offer. The DTLS association continues.</summary>
    public void Move(bool toIPv6 = false)
    {
        _socket.Dispose();
        _socket = NewSocket(toIPv6);
        _transport.RestartIce(IceCredentials.Generate());
    }

    /// <summary>Simulates a NAT that changes this peer's address. The transport does not detect it.</summary>
    public void Rebind()
    {
        var isIPv6 = _socket.AddressFamily == AddressFamily.InterNetworkV6;
        _socket.Dispose();
        _socket = NewSocket(isIPv6);
    }

    /// <summary>A copy of the last sent datagram that matches <paramref name="match"/>, as an attacker on the path could capture it.</summary>
    public byte[] CopyOf(Func<byte[], bool> match) => _sent.Last(match);

    /// <summary>An authentic check of this peer, to send from another address.</summary>
    public byte[] CheckToForge()
    {
        var (node, own) = (_transport.RemoteCredentials!, _transport.LocalCredentials);
        var writer = new StunMessageWriter(_buffer, StunMessageType.BindingRequest, RandomNumberGenerator.GetBytes(12));
        writer.AddUsername(Encoding.ASCII.GetBytes($"{node.Ufrag}:{own.Ufrag}"));
        writer.AddPriority(uint.MaxValue);
        writer.AddUseCandidate();
        writer.AddIntegrity(Encoding.ASCII.GetBytes(node.Password));
        writer.AddFingerprint();
        return _buffer[..writer.Length];
    }

    /// <summary>An authentic report of this peer, to send from another address.</summary>
    public byte[] ReportToForge() => _buffer[.._transport.ProtectRtcp([0x80, 201, 0, 1, 0, 0, 0, 1], _buffer)];

    /// <summary>Applies the node's SDP and starts to connect.</summary>
    public void Connect(string sdp)
    {
        string Find(Regex pattern) => pattern.Match(sdp) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException(sdp);
        Assert.True(Fingerprint.TryParse(Find(FingerprintLine()).Trim(), out var fingerprint));
        var candidate = (IsBehindFirewall ? TcpCandidateLine() : CandidateLine()).Matches(sdp)
            .Select(match => IPEndPoint.Parse(match.Groups[1].Value.Contains(':') ? $"[{match.Groups[1].Value}]:{match.Groups[2].Value}" : $"{match.Groups[1].Value}:{match.Groups[2].Value}"))
            .First(endPoint => endPoint.AddressFamily == _socket.AddressFamily);
        _stream?.Dispose();
        _stream = IsBehindFirewall ? new TestStream(candidate, ReceiveBufferBytes) : null;
        _transport.SetRemote(new IceCredentials(Find(UfragLine()), Find(PasswordLine())), fingerprint, TransportAddress.FromIPEndPoint(candidate).Over(_stream is null ? 0u : 1));
    }

    /// <summary>Sends a packet. Drops it before an address is selected, as a browser does.</summary>
    public void SendRtp(uint ssrc, byte payloadType, uint timestamp, ReadOnlySpan<byte> payload, bool marker = false) =>
        SendRtp(_sequences[ssrc] = (ushort)(_sequences.GetValueOrDefault(ssrc) + 1), ssrc, payloadType, timestamp, payload, marker);

    public void SendRtp(ushort sequence, uint ssrc, byte payloadType, uint timestamp, ReadOnlySpan<byte> payload, bool marker = false)
    {
        Span<byte> header = stackalloc byte[12];
        new RtpHeader { SequenceNumber = sequence, Ssrc = ssrc, PayloadType = payloadType, Timestamp = timestamp, Marker = marker }.WriteFixed(header, withExtension: false);
        SendRtp(header, payload);
    }

    /// <summary>Sends a packet of a microphone with its audio level, which has the ID 1.</summary>
    /// <param name="level">From 0, the loudest, to 127 (RFC 6464).</param>
    public void SendVoice(uint ssrc, uint timestamp, byte level, ReadOnlySpan<byte> payload)
    {
        const byte HasVoice = 0x80;
        Span<byte> header = [.. stackalloc byte[RtpHeader.FixedLength], 0xBE, 0xDE, 0, 1, 0x10, (byte)(HasVoice | level), 0, 0];
        var sequence = _sequences[ssrc] = (ushort)(_sequences.GetValueOrDefault(ssrc) + 1);
        new RtpHeader { SequenceNumber = sequence, Ssrc = ssrc, PayloadType = 111, Timestamp = timestamp }.WriteFixed(header, withExtension: true);
        SendRtp(header, payload);
    }

    /// <summary>Sends a packet of a camera in layers (<see cref="TestSdp.Simulcast"/>).</summary>
    /// <param name="rid">One letter.</param>
    public void SendLayer(uint ssrc, char rid, uint timestamp, ReadOnlySpan<byte> payload, bool marker)
    {
        Span<byte> header = [.. stackalloc byte[RtpHeader.FixedLength], 0xBE, 0xDE, 0, 1, TestSdp.RidId << 4, (byte)rid, 0, 0];
        var sequence = _sequences[ssrc] = (ushort)(_sequences.GetValueOrDefault(ssrc) + 1);
        new RtpHeader { SequenceNumber = sequence, Ssrc = ssrc, PayloadType = 96, Timestamp = timestamp, Marker = marker }.WriteFixed(header, withExtension: true);
        SendRtp(header, payload);
    }

    public void SendRtcp(ReadOnlySpan<byte> compound)
    {
        var length = _transport.ProtectRtcp(compound, _buffer);
        Send(_transport.SelectedAddress!.Value, _buffer.AsSpan(0, length));
    }

    /// <summary>Sends bytes unchanged to the node.</summary>
    public void SendRaw(ReadOnlySpan<byte> datagram) => Send(_transport.SelectedAddress!.Value, datagram);

    /// <summary>Handles all received datagrams and due timers.</summary>
    public void Pump()
    {
        var now = Stopwatch.GetElapsedTime(0).Ticks;
        _transport.HandleTimeout(now);
        Drain();
        while (_stream is { } stream && stream.TryReceive(out var packet))
        {
            Handle(now, TransportAddress.FromIPEndPoint((IPEndPoint)stream.Socket.RemoteEndPoint!).Over(1), packet);
        }

        EndPoint from = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (_socket.Available > 0)
        {
            var length = _socket.ReceiveFrom(_buffer, ref from);
            Handle(now, TransportAddress.FromIPEndPoint((IPEndPoint)from), _buffer.AsSpan(0, length));
        }
    }

    /// <summary>Whether a picture loss indication has arrived.</summary>
    public bool WasAskedForKeyFrame()
    {
        foreach (var compound in Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Pumps all peers until the condition holds. Fails with <paramref name="what"/> after 90 s.</summary>
    public static Task UntilAsync(string what, Func<bool> condition, params SyntheticPeer[] peers) =>
        UntilTrueAsync(what, () => Task.FromResult(condition()), peers);

    /// <summary>As <see cref="UntilAsync"/>, with an asynchronous condition.</summary>
    public static async Task UntilTrueAsync(string what, Func<Task<bool>> condition, params SyntheticPeer[] peers)
    {
        var end = Stopwatch.GetTimestamp() + (90 * Stopwatch.Frequency);
        while (!await condition())
        {
            foreach (var peer in peers)
            {
                peer.Pump();
            }

            Assert.True(Stopwatch.GetTimestamp() < end, "timed out after 90 s: " + what);
            if (peers.Length == 0)
            {
                await Task.Delay(2);
            }
            else
            {
                // Waits for a datagram or the next timer.
                Socket.Select(peers.Select(peer => peer._stream?.Socket ?? peer._socket).ToList(), null, null, microSeconds: 2000);
                await Task.Yield();
            }
        }
    }

    public void Dispose()
    {
        _transport.Dispose();
        _stream?.Dispose();
        _socket.Dispose();
    }

    private static Socket NewSocket(bool isIPv6, IPAddress? address = null)
    {
        var local = address ?? (isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        socket.Bind(new IPEndPoint(local, 0));
        return socket;
    }

    private void SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var length = _transport.ProtectRtp(header, payload, _buffer);
        if (length > 0 && _transport.SelectedAddress is { } node)
        {
            Send(node, _buffer.AsSpan(0, length));
        }
    }

    private void Handle(long now, TransportAddress from, Span<byte> datagram)
    {
        LargestDatagramBytes = Math.Max(LargestDatagramBytes, datagram.Length);
        if (PacketClassifier.Classify(datagram) == PacketKind.Rtp && LoseRtp((byte)(datagram[1] & 0x7F), Count((byte)(datagram[1] & 0x7F))))
        {
            return;
        }

        if (StunMessage.TryParse(datagram, out var message) && message.Type == StunMessageType.BindingRequest)
        {
            Checks.Add(Convert.ToHexString(message.TransactionId));
        }

        var result = _transport.HandleDatagram(now, from, datagram);
        if (result.Kind == DatagramKind.Rtp)
        {
            Rtp.Add(datagram[..result.Length].ToArray());
        }
        else if (result.Kind == DatagramKind.Rtcp)
        {
            Rtcp.Add(datagram[..result.Length].ToArray());
        }

        Drain();
    }

    private int Count(byte payloadType) => _arrived[payloadType] = _arrived.GetValueOrDefault(payloadType) + 1;

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
        _sent.Enqueue(datagram.ToArray());
        if (_sent.Count > 100)
        {
            _sent.Dequeue();
        }

        if (to.Connection != 0)
        {
            _stream?.Send(datagram);
            return;
        }

        // After a move to a network of the other family, there is no route to the previous address.
        if (to.IsIPv4 == (_socket.AddressFamily == AddressFamily.InterNetwork))
        {
            _socket.SendTo(datagram, SocketFlags.None, to.ToIPEndPoint());
        }
    }

    [GeneratedRegex(@"^a=fingerprint:(.+)$", RegexOptions.Multiline)]
    private static partial Regex FingerprintLine();

    [GeneratedRegex(@"^a=ice-ufrag:(\S+)", RegexOptions.Multiline)]
    private static partial Regex UfragLine();

    [GeneratedRegex(@"^a=ice-pwd:(\S+)", RegexOptions.Multiline)]
    private static partial Regex PasswordLine();

    [GeneratedRegex(@"^a=candidate:\d+ 1 udp \d+ (\S+) (\d+)", RegexOptions.Multiline)]
    private static partial Regex CandidateLine();

    [GeneratedRegex(@"^a=candidate:\d+ 1 tcp \d+ (\S+) (\d+) typ host tcptype passive", RegexOptions.Multiline)]
    private static partial Regex TcpCandidateLine();
}
