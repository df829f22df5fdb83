using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Fuzz tests of a complete <c>PeerTransport</c> with datagrams.</summary>
public sealed class TransportFuzzTests
{
    /// <summary>Mutations of all datagrams of a client, from the client's own address during a call.</summary>
    [Fact]
    public void ConnectedTransport_MutatedTraffic_StaysConnectedAndAcceptsNothing()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());
        var seeds = pair.Client.Sent.ToList();
        pair.Client.SendRtp([0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9], new byte[50]);
        var packet = new byte[200];
        seeds.Add(packet[..pair.Client.Transport.ProtectRtp([0x80, 96, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9], new byte[50], packet)]);
        seeds.Add(packet[..pair.Client.Transport.ProtectRtcp(new byte[] { 0x80, 201, 0, 1, 0, 0, 0, 9 }, packet)]);
        seeds.AddRange(FuzzLoop.Corpus("stun"));
        seeds.AddRange(FuzzLoop.Corpus("rtp"));
        var genuine = seeds.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);

        FuzzLoop.Run(seeds, input =>
        {
            var result = pair.Server.Transport.HandleDatagram(pair.Network.NowTicks, TransportPair.ClientAddress, input.ToArray());
            Assert.True(
                result.Kind is DatagramKind.Dropped or DatagramKind.Handled || genuine.Contains(Convert.ToHexString(input)), result.ToString());
            while (pair.Server.Transport.TryPoll(out _))
            {
            }
        });

        Assert.Equal(PeerTransportState.Connected, pair.Server.Transport.State);
    }

    /// <summary>The same datagrams from a third address must not move media there.</summary>
    [Fact]
    public void ConnectedTransport_ForeignTraffic_DoesNotMoveMedia()
    {
        using var pair = new TransportPair(seed: 3);
        Assert.True(pair.Connect());
        var elsewhere = new TransportAddress(0x0A0000FE, 777);
        var seeds = pair.Client.Sent.ToList();
        var packet = new byte[200];
        for (byte i = 1; i < 9; i++)
        {
            var rtp = packet[..pair.Client.Transport.ProtectRtp([0x80, 96, 0, i, 0, 0, 0, 1, 0, 0, 0, 9], new byte[50], packet)];
            var rtcp = packet[..pair.Client.Transport.ProtectRtcp(new byte[] { 0x80, 201, 0, 1, 0, 0, 0, 9 }, packet)];
            seeds.AddRange([rtp, rtcp]);
            Assert.Equal(DatagramKind.Rtp, pair.Server.Transport.HandleDatagram(pair.Network.NowTicks, TransportPair.ClientAddress, rtp.ToArray()).Kind);
            Assert.Equal(DatagramKind.Rtcp, pair.Server.Transport.HandleDatagram(pair.Network.NowTicks, TransportPair.ClientAddress, rtcp.ToArray()).Kind);
        }

        seeds.AddRange(FuzzLoop.Corpus("stun"));
        var now = pair.Network.NowTicks;

        FuzzLoop.Run(seeds, input =>
        {
            now += TimeSpan.TicksPerMillisecond;
            Assert.True(pair.Server.Transport.HandleDatagram(now, elsewhere, input.ToArray()).Kind is DatagramKind.Dropped or DatagramKind.Handled);
            while (pair.Server.Transport.TryPoll(out var output))
            {
                Assert.NotEqual(elsewhere, output.To);
            }
        });

        Assert.Equal(TransportPair.ClientAddress, pair.Server.Transport.SelectedAddress);
        Assert.False(pair.Server.Transport.IsInUse(now, elsewhere));
    }

    /// <summary>Whatever arrives on a tunnel, only what looks like media is taken, as long as it is, and nothing is answered.</summary>
    [Fact]
    public void Tunnel_AnyBytes_TakesOnlyMediaAndAnswersNothing()
    {
        using var certificate = DtlsCertificate.Generate();
        using var transport = new PeerTransport(new PeerTransportOptions { LocalCredentials = IceCredentials.Generate(), Certificate = certificate, Random = new Random(1), IsTunnel = true });
        transport.SetRemote(IceCredentials.Generate(), certificate.Fingerprint);
        var tunnel = default(TransportAddress).Over(1);
        transport.OpenTunnel(0, tunnel);
        transport.TryPoll(out _);

        FuzzLoop.Run([.. FuzzLoop.Corpus("rtp"), .. FuzzLoop.Corpus("rtcp"), .. FuzzLoop.Corpus("stun")], input =>
        {
            var result = transport.HandleDatagram(1, tunnel, input.ToArray());
            Assert.True(result.Kind == DatagramKind.Dropped || (result.Kind is DatagramKind.Rtp or DatagramKind.Rtcp && result.Length == input.Length), result.ToString());
            Assert.False(transport.TryPoll(out _));
        });

        Assert.Equal((PeerTransportState.Connected, tunnel), (transport.State, transport.SelectedAddress));
    }

    /// <summary>Mutations of a client's handshake records, each sequence with a new server.</summary>
    [Fact]
    public void DtlsServer_MutatedHandshake_NeverThrowsAndNeverCompletes()
    {
        using var pair = new TransportPair(seed: 2);
        Assert.True(pair.Connect());
        var records = pair.Client.Sent.Where(d => d[0] is >= 20 and <= 63).ToList();
        var hello = records[0];
        using var certificate = DtlsCertificate.Generate();
        var buffer = new byte[2000];

        FuzzLoop.Run(
            records,
            input =>
            {
                using var endpoint = new OpenSslDtlsEndpoint(certificate, DtlsRole.Server, 1200);
                if (input.Length % 2 == 0)
                {
                    endpoint.Feed(0, hello);
                }

                if (!input.IsEmpty)
                {
                    endpoint.Feed(1, input);
                }

                while (endpoint.TryPoll(buffer, out var written))
                {
                    Assert.InRange(written, 13, 1200);
                }

                Assert.NotEqual(DtlsState.Established, endpoint.State);
            },
            cost: 100);
    }
}
