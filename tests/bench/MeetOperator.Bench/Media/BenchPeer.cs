using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sdp;

namespace MeetOperator.Bench.Media;

/// <summary>One peer connection of a synthetic client. One thread at a time uses and pumps it.</summary>
internal sealed unsafe class BenchPeer : IDisposable
{
    private const int MaxDatagram = 1500;
    private static readonly DtlsCertificate Certificate = DtlsCertificate.Generate();
    private readonly UdpSocket _socket;
    private readonly bool _isLocal;
    private readonly ReceiveBatch _batch = new(64);
    private readonly SendBatch _send = new(64);
    private readonly byte* _data = (byte*)NativeMemory.Alloc(64 * MaxDatagram);
    private readonly PeerTransport _transport = new(new PeerTransportOptions
    {
        LocalCredentials = IceCredentials.Generate(),
        Certificate = Certificate,
        IceRole = IceRole.Controlling,
        DtlsRole = DtlsRole.Client,
        Random = new Random(),
    });

    /// <param name="isLocal">Whether the media node listens on loopback, and not on another network.</param>
    public BenchPeer(bool isLocal = true)
    {
        _isLocal = isLocal;
        _socket = new UdpSocket(isLocal ? IPAddress.Loopback : IPAddress.Any, 0, 4 << 20);
    }

    public bool IsConnected => _transport.State == PeerTransportState.Connected;

    /// <summary>Whether the node has ended the connection, or it has failed.</summary>
    public bool IsLost => _transport.State is PeerTransportState.Closed or PeerTransportState.Failed;

    /// <summary>The received RTP packets by SSRC and sequence number, of a peer without <see cref="OnRtp"/>.</summary>
    public HashSet<(uint Ssrc, ushort Sequence)> Received { get; } = [];

    /// <summary>Datagrams that the kernel dropped because this process read its socket too slowly.</summary>
    public long MissedByBench => _socket.KernelDrops;

    public RtpHeader LastHeader { get; private set; }

    /// <summary>Receives each RTP packet, and when the kernel got it: 100 ns ticks since 1970.</summary>
    public Action<ReadOnlySpan<byte>, long>? OnRtp { get; init; }

    /// <summary>Receives each compound RTCP packet.</summary>
    public Action<ReadOnlySpan<byte>>? OnRtcp { get; init; }

    public string TransportLines(string setup) =>
        $"a=rtcp-mux\r\na=ice-ufrag:{_transport.LocalCredentials.Ufrag}\r\na=ice-pwd:{_transport.LocalCredentials.Password}\r\n" +
        $"a=fingerprint:{Certificate.Fingerprint}\r\na=setup:{setup}\r\n";

    /// <summary>Applies the node's SDP and starts to connect.</summary>
    public void Connect(string sdp)
    {
        if (!SessionDescription.TryParse(sdp, out var description, out var error))
        {
            throw new InvalidOperationException($"The node's SDP is invalid: {error}");
        }

        string Find(string name) => description.Sections.Select(s => s.Value(name)).FirstOrDefault(v => v is not null) ?? description.Value(name) ?? throw new InvalidOperationException($"The node's SDP has no a={name}.");
        if (!Fingerprint.TryParse(Find("fingerprint"), out var fingerprint))
        {
            throw new InvalidOperationException("The node's SDP has an invalid fingerprint.");
        }

        var node = description.Sections.SelectMany(s => s.Attributes).Where(a => a.Name == "candidate").Select(a => Candidate(a.Value)).FirstOrDefault(c => c is not null)
            ?? throw new InvalidOperationException($"The node's SDP has no candidate {(_isLocal ? "on loopback " : "")}for IPv4 and UDP.");
        _transport.SetRemote(new IceCredentials(Find("ice-ufrag"), Find("ice-pwd")), fingerprint, TransportAddress.FromIPEndPoint(node));
    }

    public void SendRtp(in RtpHeader header, ReadOnlySpan<byte> payload)
    {
        Span<byte> fixedPart = stackalloc byte[RtpHeader.FixedLength];
        header.WriteFixed(fixedPart, withExtension: false);
        Commit(_transport.ProtectRtp(fixedPart, payload, NextBuffer()), _transport.SelectedAddress);
    }

    /// <summary>Sends a packet of a microphone with its audio level, whose header extension has the ID 1.</summary>
    /// <param name="header">The header.</param>
    /// <param name="level">From 0, the loudest, to 127 (RFC 6464).</param>
    /// <param name="payload">The payload.</param>
    public void SendVoice(in RtpHeader header, byte level, ReadOnlySpan<byte> payload)
    {
        const byte HasVoice = 0x80;
        Span<byte> bytes = [.. stackalloc byte[RtpHeader.FixedLength], 0xBE, 0xDE, 0, 1, 0x10, (byte)(HasVoice | level), 0, 0];
        header.WriteFixed(bytes, withExtension: true);
        Commit(_transport.ProtectRtp(bytes, payload, NextBuffer()), _transport.SelectedAddress);
    }

    public void SendRtcp(ReadOnlySpan<byte> compound) => Commit(_transport.ProtectRtcp(compound, NextBuffer()), _transport.SelectedAddress);

    /// <summary>Sends the queued packets.</summary>
    public void Flush()
    {
        if (_send.Count > 0)
        {
            _send.Send(_socket);
            _send.Clear();
        }
    }

    /// <summary>Handles all received datagrams and due timers.</summary>
    public void Pump()
    {
        var now = Stopwatch.GetElapsedTime(0).Ticks;
        _transport.HandleTimeout(now);
        Drain();
        for (var received = _batch.Receive(_socket); received > 0; received = _batch.Receive(_socket))
        {
            for (var i = 0; i < received; i++)
            {
                var datagram = _batch.Datagram(i);
                var result = _transport.HandleDatagram(now, new TransportAddress(_batch.SourceHigh(i), _batch.SourceLow(i), _batch.SourcePort(i)), datagram);
                if (result.Kind == DatagramKind.Rtp && RtpHeader.TryParse(datagram[..result.Length], out var header))
                {
                    LastHeader = header;
                    OnRtp?.Invoke(datagram[..result.Length], _batch.KernelTicks(i));
                    if (OnRtp is null)
                    {
                        Received.Add((header.Ssrc, header.SequenceNumber));
                    }
                }
                else if (result.Kind == DatagramKind.Rtcp)
                {
                    OnRtcp?.Invoke(datagram[..result.Length]);
                }

                Drain();
            }
        }

        Flush();
    }

    /// <summary>Ends the connection as browsers do: the node gets a close_notify.</summary>
    public void Close()
    {
        _transport.Close(Stopwatch.GetElapsedTime(0).Ticks);
        Drain();
        Flush();
    }

    public void Dispose()
    {
        _transport.Dispose();
        _send.Dispose();
        _batch.Dispose();
        _socket.Dispose();
        NativeMemory.Free(_data);
    }

    /// <summary><c>foundation component udp priority address port typ …</c> (RFC 8839 §5.1).</summary>
    private IPEndPoint? Candidate(string? value) =>
        value?.Split(' ') is [_, _, "udp" or "UDP", _, var host, var port, ..] && IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetwork && IPAddress.IsLoopback(address) == _isLocal
            ? new IPEndPoint(address, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture))
            : null;

    private Span<byte> NextBuffer()
    {
        if (_send.Count == _send.Capacity)
        {
            Flush();
        }

        return new Span<byte>(_data + (_send.Count * MaxDatagram), MaxDatagram);
    }

    private void Commit(int length, TransportAddress? to)
    {
        if (length > 0 && to is { } address)
        {
            _send.Add(_data + (_send.Count * MaxDatagram), length, length, address.High, address.Low, address.Port, singly: true, mark: 0);
        }
    }

    private void Drain()
    {
        while (_transport.TryPoll(out var output))
        {
            if (output.Kind == TransportOutputKind.Transmit)
            {
                output.Datagram.CopyTo(NextBuffer());
                Commit(output.Datagram.Length, output.To);
            }
        }
    }
}
