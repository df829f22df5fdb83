using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Rtc.Tests.Transport;

/// <summary>A transport whose packets travel on a connection that the host has authenticated.</summary>
public sealed class TunnelTransportTests : IDisposable
{
    private static readonly TransportAddress Tunnel = default(TransportAddress).Over(7);
    private static readonly TransportAddress Stranger = new(0x0A000001, 5000);
    private static readonly byte[] Rtp = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3];
    private static readonly byte[] Rtcp = [0x80, 201, 0, 1, 0, 0, 0, 9];
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();
    private readonly PeerTransport _transport;

    public TunnelTransportTests() => _transport = Create(isTunnel: true);

    public void Dispose()
    {
        _transport.Dispose();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_WithDescription_CarriesPacketsAsTheyAre(bool isDescribedFirst)
    {
        if (isDescribedFirst)
        {
            Describe();
        }

        _transport.OpenTunnel(0, Tunnel);
        if (!isDescribedFirst)
        {
            Assert.Equal(PeerTransportState.Connecting, _transport.State);
            Describe();
        }

        Assert.Equal((PeerTransportState.Connected, Tunnel), (_transport.State, _transport.SelectedAddress));
        Assert.Equal((DatagramKind.Rtp, Rtp.Length), Handle(Tunnel, Rtp));
        Assert.Equal((DatagramKind.Rtcp, Rtcp.Length), Handle(Tunnel, Rtcp));
        var sent = new byte[50];
        Assert.Equal(Rtp, sent[.._transport.ProtectRtp(Rtp.AsSpan(0, 12), Rtp.AsSpan(12), sent)]);
        Assert.Equal(Rtcp, sent[.._transport.ProtectRtcp(Rtcp, sent)]);
        Assert.Equal(0, _transport.ProtectRtp(Rtp.AsSpan(0, 12), Rtp.AsSpan(12), new byte[14]));
    }

    /// <summary>Plain packets are taken from the tunnel only, and whoever knows the ICE password of the session gets nothing by it.</summary>
    [Fact]
    public void Handle_FromElsewhere_DropsEverything()
    {
        Describe();
        Assert.Equal(DatagramKind.Dropped, Handle(Stranger, Rtp).Kind);
        _transport.OpenTunnel(0, Tunnel);

        foreach (var datagram in new[] { Rtp, Rtcp, Check(), [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] })
        {
            Assert.Equal(DatagramKind.Dropped, Handle(Stranger, datagram).Kind);
        }

        Assert.Equal(DatagramKind.Dropped, Handle(Tunnel, Check()).Kind);
        Assert.Equal(Tunnel, _transport.SelectedAddress);
        Assert.False(_transport.TryPoll(out var output) && output.Kind == TransportOutputKind.Transmit);
    }

    /// <summary>Another connection of the session replaces the first.</summary>
    [Fact]
    public void Open_Again_UsesTheNewConnection()
    {
        Describe();
        _transport.OpenTunnel(0, Tunnel);
        var other = default(TransportAddress).Over(8);

        _transport.OpenTunnel(1, other);

        Assert.Equal(DatagramKind.Dropped, Handle(Tunnel, Rtp).Kind);
        Assert.Equal(DatagramKind.Rtp, Handle(other, Rtp).Kind);
    }

    [Fact]
    public void Open_NothingArrives_Disconnects()
    {
        Describe();
        _transport.OpenTunnel(0, Tunnel);
        Handle(Tunnel, Rtp, 4 * TimeSpan.TicksPerSecond);
        _transport.HandleTimeout(10 * TimeSpan.TicksPerSecond);
        Assert.Equal(PeerTransportState.Connected, _transport.State);

        _transport.HandleTimeout(_transport.NextTimeoutTicks);

        Assert.Equal(PeerTransportState.Disconnected, _transport.State);
    }

    [Fact]
    public void Open_OrdinaryTransport_Throws()
    {
        using var ordinary = Create(isTunnel: false);

        Assert.Throws<InvalidOperationException>(() => ordinary.OpenTunnel(0, Tunnel));
    }

    private PeerTransport Create(bool isTunnel) => new(new PeerTransportOptions
    {
        LocalCredentials = new IceCredentials("node", "passwordpasswordpassword"),
        Certificate = _certificate,
        Random = new Random(1),
        IsTunnel = isTunnel,
    });

    private void Describe() => _transport.SetRemote(new IceCredentials("peer", "wordpasswordpasswordpass"), _certificate.Fingerprint);

    private (DatagramKind Kind, int Length) Handle(TransportAddress from, byte[] datagram, long nowTicks = 1)
    {
        var result = _transport.HandleDatagram(nowTicks, from, datagram.ToArray());
        return (result.Kind, result.Length);
    }

    private static byte[] Check()
    {
        var buffer = new byte[200];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, new byte[12]);
        writer.AddUsername("node:peer"u8);
        writer.AddPriority(1);
        writer.AddUseCandidate();
        writer.AddIntegrity("passwordpasswordpassword"u8);
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }
}
