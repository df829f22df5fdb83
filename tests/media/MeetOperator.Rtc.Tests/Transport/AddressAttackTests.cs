using System.Buffers.Binary;
using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Rtc.Tests.Transport;

/// <summary>
/// Media must not be redirected to a victim that did not request it, and must not be taken from its receiver. The attacker is a participant who
/// spoofs the source of valid packets, or a third party on the path that replays packets.
/// </summary>
public sealed class AddressAttackTests : IDisposable
{
    private static readonly TransportAddress Victim = new(0x0A0000FE, 777);
    private readonly TransportPair _pair = new(seed: 1);
    private readonly byte[] _buffer = new byte[2048];
    private ushort _clientSequence;
    private ushort _serverSequence;
    private int _transactions;
    private long _bytesToVictim;

    public AddressAttackTests() => _pair.Network.Attach(Victim, (_, _, datagram) => _bytesToVictim += datagram.Length);

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void SpoofedCheck_ActivePeer_MovesNoMedia()
    {
        Connect();
        var sent = Forge(useCandidate: true).Length;

        Exchange(TimeSpan.FromSeconds(2));

        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
        Assert.InRange(_bytesToVictim, 1, 3 * sent);
        Assert.True(_pair.Client.Received.Count > 90);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SpoofedChecks_SilentPeer_LimitTrafficToThreeTimes(bool useCandidate)
    {
        Connect();
        _pair.Client.Disconnect();
        long forged = 0;
        for (var i = 0; i < 200; i++)
        {
            forged += Forge(useCandidate).Length;
            for (var n = 0; n < 10; n++)
            {
                _pair.Server.SendRtp(Header(ref _serverSequence), _buffer.AsSpan(0, 1000));
                _pair.Server.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 7]);
            }

            _pair.Run(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(Victim, _pair.Server.Transport.SelectedAddress);
        Assert.InRange(_bytesToVictim, forged / 2, 3 * forged);
    }

    [Fact]
    public void SpoofedClientHello_BeforeHandshake_LimitsTrafficToThreeTimes()
    {
        using var other = new TransportPair(seed: 2);
        Assert.True(other.Connect());
        var hello = other.Client.Sent.First(d => d[0] == 22);
        _pair.Server.Transport.SetRemote(_pair.Client.Transport.LocalCredentials, _pair.ClientCertificate.Fingerprint);
        var forged = Forge(useCandidate: true).Length + hello.Length;
        _pair.Network.Send(Victim, TransportPair.ServerAddress, hello);

        _pair.Run(TimeSpan.FromSeconds(20));

        Assert.True(_pair.Server.Sent.Count(d => d[0] == 22) >= 1);
        Assert.InRange(_bytesToVictim, 1, 3 * forged);
    }

    /// <summary>
    /// Media with valid keys is authentic even with a spoofed source. It identifies the sender but does not show that the sender receives at the
    /// source.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SpoofedMedia_WithValidKeys_LimitsTrafficToThreeTimes(bool rtp)
    {
        Connect();
        Exchange(TimeSpan.FromSeconds(1));
        _pair.Client.Disconnect();
        long forged = 0;
        for (var i = 0; i < 500; i++)
        {
            var packet = rtp ? Protect(Header(ref _clientSequence)) : Report();
            forged += packet.Length;
            _pair.Network.Send(Victim, TransportPair.ServerAddress, packet);
            for (var n = 0; n < 10; n++)
            {
                _pair.Server.SendRtp(Header(ref _serverSequence), _buffer.AsSpan(0, 1000));
            }

            _pair.Run(TimeSpan.FromMilliseconds(20));
        }

        Assert.InRange(_bytesToVictim, 1, 3 * forged);
    }

    /// <summary>The last flight answers datagrams to the client's own address, so it does not confirm the spoofed source address.</summary>
    [Fact]
    public void SpoofedLastFlight_AfterSpoofedCheck_MovesNoMedia()
    {
        var client = _pair.Client.Transport;
        long forged = 0;
        _pair.Network.Attach(TransportPair.ClientAddress, (now, from, datagram) =>
        {
            client.HandleDatagram(now, from, datagram);
            if (forged == 0)
            {
                forged += Forge(useCandidate: false).Length;
            }

            while (client.TryPoll(out var output) && output.Kind == TransportOutputKind.Transmit)
            {
                var isForged = output.Datagram[0] is >= 20 and < 64 && _pair.Server.Sent.Any(d => d[0] == 22);
                forged += isForged ? output.Datagram.Length : 0;
                _pair.Network.Send(isForged ? Victim : TransportPair.ClientAddress, TransportPair.ServerAddress, output.Datagram);
            }
        });
        _pair.ExchangeDescriptions();
        Assert.True(_pair.RunUntil(() => _pair.Server.Transport.State == PeerTransportState.Connected, TimeSpan.FromSeconds(5)));

        for (var i = 0; i < 50; i++)
        {
            _pair.Server.SendRtp(Header(ref _serverSequence), _buffer.AsSpan(0, 1000));
        }

        _pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
        Assert.InRange(_bytesToVictim, 1, 3 * forged);
    }

    [Fact]
    public void ReplayedCheck_FromOtherAddress_MovesNoMedia()
    {
        Connect();
        var check = _pair.Client.Sent.Last(d => d[0] == 0);
        for (var i = 0; i < 50; i++)
        {
            _pair.Network.Send(Victim, TransportPair.ServerAddress, check);
            Exchange(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(0, _bytesToVictim);
        Assert.Equal(50, _pair.Server.Transport.Drops[DropReason.StunReplay]);
    }

    [Fact]
    public void ReplayedMedia_FromOtherAddress_MovesNoMedia()
    {
        Connect();
        for (var i = 0; i < 50; i++)
        {
            var copy = Protect(Header(ref _clientSequence));
            _pair.Network.Send(TransportPair.ClientAddress, TransportPair.ServerAddress, copy);
            _pair.Run(TimeSpan.FromMilliseconds(20));
            _pair.Network.Send(Victim, TransportPair.ServerAddress, copy);
            Exchange(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
        Assert.Equal(50, _pair.Server.Transport.Drops[DropReason.SrtpReplay]);
        Assert.Equal(0, _bytesToVictim);
    }

    /// <summary>An intercepted packet that did not arrive is no replay, but it is older than later packets.</summary>
    [Fact]
    public void InterceptedMedia_SentLaterFromOtherAddress_MovesNoMedia()
    {
        Connect();
        var lost = Protect(Header(ref _clientSequence));
        Exchange(TimeSpan.FromMilliseconds(100));
        _pair.Run(TimeSpan.FromSeconds(1));

        _pair.Network.Send(Victim, TransportPair.ServerAddress, lost);
        _pair.Run(TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 20; i++)
        {
            _pair.Server.SendRtp(Header(ref _serverSequence), _buffer.AsSpan(0, 100));
        }

        _pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
        Assert.Equal(0, _bytesToVictim);
    }

    /// <summary>An attacker whose copy arrives before the client's packet must not keep the media.</summary>
    [Fact]
    public void InterceptedMedia_FromOtherAddressFirst_ReturnsWithNextPacket()
    {
        Connect();
        Exchange(TimeSpan.FromMilliseconds(100));
        _pair.Network.Send(Victim, TransportPair.ServerAddress, Protect(Header(ref _clientSequence)));
        _pair.Run(TimeSpan.FromMilliseconds(20));
        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);

        _pair.Run(TimeSpan.FromSeconds(1));
        _pair.Network.Send(Victim, TransportPair.ServerAddress, Protect(Header(ref _clientSequence)));
        _pair.Run(TimeSpan.FromMilliseconds(20));
        _pair.Client.SendRtp(Header(ref _clientSequence), [1]);
        _pair.Run(TimeSpan.FromMilliseconds(20));

        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NatRebinding_ClientSendsMediaOrReports_FollowsWithinOneSecond(bool rtp)
    {
        Connect();
        Exchange(TimeSpan.FromSeconds(1));
        var newAddress = new TransportAddress(0x0A000002, 61000);
        _pair.Client.MoveTo(newAddress);
        var received = _pair.Client.Received.Count;

        for (var i = 0; i < 20; i++)
        {
            if (rtp)
            {
                _pair.Client.SendRtp(Header(ref _clientSequence), [1]);
            }
            else
            {
                _pair.Client.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 9]);
            }

            _pair.Server.SendRtp(Header(ref _serverSequence), [2]);
            _pair.Run(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(newAddress, _pair.Server.Transport.SelectedAddress);
        Assert.InRange(_pair.Client.Received.Count - received, 8, 20);
        Assert.Equal([PeerTransportState.Connecting, PeerTransportState.Connected], _pair.Server.States);
    }

    /// <summary>Consent applies only to the address that it came from.</summary>
    [Fact]
    public void SelectedConsent_ChecksFromOtherAddress_StillExpires()
    {
        Connect();
        var now = _pair.Network.NowTicks;
        var server = _pair.Server.Transport;
        for (var i = 0; i < 45 && server.State == PeerTransportState.Connected; i++)
        {
            now += TimeSpan.TicksPerSecond;
            Assert.Equal(DatagramKind.Rtp, server.HandleDatagram(now, TransportPair.ClientAddress, Protect(Header(ref _clientSequence))).Kind);
            Assert.Equal(DatagramKind.Handled, server.HandleDatagram(now, Victim, Check(useCandidate: false)).Kind);
            server.HandleTimeout(now);
            if (i is > 5 and < 25)
            {
                Assert.Equal(TransportPair.ClientAddress, server.SelectedAddress);
            }
        }

        Assert.NotEqual(TransportPair.ClientAddress, server.SelectedAddress);
        Assert.False(server.TrySpendRetransmission(100_000));
    }

    /// <summary>Another host may have the address now, and it did not request media.</summary>
    [Fact]
    public void SpoofedCheck_FormerAddressOfPeer_LimitsTrafficToThreeTimes()
    {
        Connect();
        Exchange(TimeSpan.FromSeconds(1));
        _pair.Client.Disconnect();
        _pair.Run(TimeSpan.FromSeconds(40));
        Assert.Equal(PeerTransportState.Disconnected, _pair.Server.Transport.State);
        long received = 0;
        _pair.Network.Attach(TransportPair.ClientAddress, (_, _, datagram) => received += datagram.Length);
        var check = Check(useCandidate: true);
        _pair.Network.Send(TransportPair.ClientAddress, TransportPair.ServerAddress, check);
        for (var i = 0; i < 100; i++)
        {
            _pair.Run(TimeSpan.FromMilliseconds(20));
            _pair.Server.SendRtp(Header(ref _serverSequence), _buffer.AsSpan(0, 1000));
        }

        Assert.InRange(received, 1, 3 * check.Length);
    }

    /// <summary>A client returns to an address whose consent has expired. The address counts as new. The client's checks are lost.</summary>
    [Fact]
    public void MoveTo_FormerAddress_RestartsConsent()
    {
        Connect();
        _pair.Client.MoveTo(new TransportAddress(0x0A000003, 50001));
        Exchange(TimeSpan.FromSeconds(40));
        _pair.Client.MoveTo(TransportPair.ClientAddress);
        _pair.Network.Attach(TransportPair.ServerAddress, (now, from, datagram) =>
        {
            if (!StunMessage.TryParse(datagram, out var message) || message.Type != StunMessageType.BindingRequest)
            {
                _pair.Server.Transport.HandleDatagram(now, from, datagram);
                _pair.Server.Poll();
            }
        });
        var received = _pair.Client.Received.Count;

        Exchange(TimeSpan.FromSeconds(20));

        Assert.InRange(_pair.Client.Received.Count - received, 950, 1000);
        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
        Assert.Equal([PeerTransportState.Connecting, PeerTransportState.Connected], _pair.Server.States);
    }

    private void Connect()
    {
        Assert.True(_pair.Connect());
        _pair.Run(TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Both sides send 50 packets per second.</summary>
    private void Exchange(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(20))
        {
            _pair.Client.SendRtp(Header(ref _clientSequence), [1]);
            _pair.Server.SendRtp(Header(ref _serverSequence), [2]);
            _pair.Run(TimeSpan.FromMilliseconds(20));
        }
    }

    private byte[] Forge(bool useCandidate)
    {
        var check = Check(useCandidate);
        _pair.Network.Send(Victim, TransportPair.ServerAddress, check);
        return check;
    }

    /// <summary>A valid check of the participant with a higher priority than that of the real address.</summary>
    private byte[] Check(bool useCandidate)
    {
        var transaction = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(transaction, ++_transactions);
        var writer = new StunMessageWriter(_buffer, StunMessageType.BindingRequest, transaction);
        writer.AddUsername(Encoding.ASCII.GetBytes("server00:client00"));
        writer.AddPriority(uint.MaxValue);
        if (useCandidate)
        {
            writer.AddUseCandidate();
        }

        writer.AddIntegrity(Encoding.ASCII.GetBytes("server-password-0000000"));
        writer.AddFingerprint();
        return _buffer[..writer.Length];
    }

    private byte[] Protect(byte[] header) => _buffer[.._pair.Client.Transport.ProtectRtp(header, [1], _buffer)];

    private byte[] Report() => _buffer[.._pair.Client.Transport.ProtectRtcp([0x80, 201, 0, 1, 0, 0, 0, 9], _buffer)];

    private static byte[] Header(ref ushort sequence)
    {
        byte[] header = [0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), ++sequence);
        return header;
    }
}
