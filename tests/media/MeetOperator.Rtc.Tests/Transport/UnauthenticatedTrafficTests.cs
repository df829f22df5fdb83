using System.Text;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Rtc.Tests.Transport;

/// <summary>A third party that floods the port must not be able to end, disturb or join a session.</summary>
public sealed class UnauthenticatedTrafficTests
{
    private static readonly TransportAddress Attacker = new(0x0A0000FF, 666);
    private static readonly byte[] Header = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9];

    [Fact]
    public void ClientHello_FromUnvalidatedAddress_IsDropped()
    {
        using var other = new TransportPair(seed: 9);
        Assert.True(other.Connect());
        var hello = other.Client.Sent.First(d => d[0] == 22);
        using var pair = new TransportPair(seed: 1);
        pair.ExchangeDescriptions();

        for (var i = 0; i < 10_000; i++)
        {
            var result = pair.Server.Transport.HandleDatagram(pair.Network.NowTicks, Attacker, hello.AsSpan().ToArray());
            Assert.Equal(DropReason.UnvalidatedSource, result.DropReason);
        }

        pair.Server.Poll();
        Assert.Empty(pair.Server.Sent);
        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Connected, TimeSpan.FromSeconds(1)));
        Assert.Equal(10_000, pair.Server.Transport.Drops[DropReason.UnvalidatedSource]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ForgedTraffic_DuringWholeSession_ChangesNothing(int seed)
    {
        var random = new Random(seed);
        using var quiet = new TransportPair(seed);
        Assert.True(quiet.Connect());
        var quietTicks = quiet.Network.NowTicks;

        using var pair = new TransportPair(seed);
        pair.ExchangeDescriptions();
        Assert.True(pair.RunUntil(
            () =>
            {
                SendForgeries(pair, random, Attacker);
                return pair.Server.Transport.State == PeerTransportState.Connected && pair.Client.Transport.State == PeerTransportState.Connected;
            },
            TimeSpan.FromSeconds(5)));

        Assert.InRange(pair.Network.NowTicks - quietTicks, 0, 100 * TimeSpan.TicksPerMillisecond);
        for (var i = 0; i < 200; i++)
        {
            SendForgeries(pair, random, Attacker);
        }

        pair.Client.SendRtp(Header, [1]);
        pair.Run(TimeSpan.FromMilliseconds(100));
        Assert.Single(pair.Server.Received);
        Assert.Equal(TransportPair.ClientAddress, pair.Server.Transport.SelectedAddress);
        Assert.Equal([PeerTransportState.Connecting, PeerTransportState.Connected], pair.Server.States);
        Assert.DoesNotContain(pair.Server.Sent, d => d.Length == 0);
    }

    /// <summary>Off-path attackers can spoof the client's address. Their datagrams must not end the session.</summary>
    [Fact]
    public void ForgedTraffic_FromClientAddress_DoesNotEndSession()
    {
        using var pair = new TransportPair(seed: 4);
        Assert.True(pair.Connect());
        var random = new Random(5);
        for (var i = 0; i < 500; i++)
        {
            SendForgeries(pair, random, TransportPair.ClientAddress);
        }

        pair.Client.SendRtp(Header, [1]);
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(PeerTransportState.Connected, pair.Server.Transport.State);
        Assert.Single(pair.Server.Received);
        Assert.True(pair.Server.Transport.Drops[DropReason.SrtpAuthentication] > 0);
        Assert.True(pair.Server.Transport.Drops[DropReason.DtlsMalformed] > 0);

        // The client itself can still end the session.
        pair.Client.Transport.Close(pair.Network.NowTicks);
        pair.Client.Poll();
        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Closed, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void DtlsFlood_OnConnectedSession_IsLimitedAndMediaContinues()
    {
        using var pair = new TransportPair(seed: 8);
        Assert.True(pair.Connect());
        pair.Run(TimeSpan.FromSeconds(1));
        byte[] record = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 40, .. new byte[40]];
        for (var i = 0; i < 2_000; i++)
        {
            pair.Network.Send(TransportPair.ClientAddress, TransportPair.ServerAddress, record);
            pair.Run(TimeSpan.FromMilliseconds(1));
        }

        pair.Client.SendRtp(Header, [1]);
        pair.Run(TimeSpan.FromMilliseconds(100));

        // A burst of 100, and 100 per second for two seconds.
        Assert.InRange(pair.Server.Transport.Drops[DropReason.DtlsRate], 1_690, 1_710);
        Assert.Single(pair.Server.Received);
        Assert.Equal(PeerTransportState.Connected, pair.Server.Transport.State);
    }

    [Fact]
    public void DtlsFlood_FromUnconfirmedAddress_StillAcceptsClient()
    {
        using var pair = new TransportPair(seed: 9);
        Assert.True(pair.Connect());

        // An attacker on the path creates a path at another address with an intercepted packet.
        Span<byte> copy = stackalloc byte[200];
        var length = pair.Client.Transport.ProtectRtp(Header, [1], copy);
        pair.Network.Send(Attacker, TransportPair.ServerAddress, copy[..length].ToArray());
        pair.Run(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 1_000; i++)
        {
            pair.Network.Send(Attacker, TransportPair.ServerAddress, [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 40, .. new byte[40]]);
        }

        pair.Client.Transport.Close(pair.Network.NowTicks);
        pair.Client.Poll();
        pair.Run(TimeSpan.FromMilliseconds(50));
        Assert.Equal(900, pair.Server.Transport.Drops[DropReason.DtlsRate]);
        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Closed, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void ForgedTraffic_EveryKind_IsCountedByReason()
    {
        using var pair = new TransportPair(seed: 6);
        Assert.True(pair.Connect());
        var random = new Random(7);
        for (var i = 0; i < 50; i++)
        {
            SendForgeries(pair, random, Attacker);
        }

        var drops = pair.Server.Transport.Drops;
        Assert.True(drops[DropReason.UnvalidatedSource] > 0);
        Assert.True(drops[DropReason.StunIntegrity] > 0);
        Assert.True(drops[DropReason.StunUsername] > 0);
        Assert.True(drops[DropReason.UnknownKind] > 0);
    }

    private static void SendForgeries(TransportPair pair, Random random, TransportAddress from)
    {
        var sent = pair.Server.Sent.Count;
        foreach (var datagram in Forgeries(random))
        {
            var result = pair.Server.Transport.HandleDatagram(pair.Network.NowTicks, from, datagram);
            Assert.NotEqual(DatagramKind.Rtp, result.Kind);
            Assert.NotEqual(DatagramKind.Rtcp, result.Kind);
        }

        Assert.Equal(sent, pair.Server.Sent.Count);
    }

    private static IEnumerable<byte[]> Forgeries(Random random)
    {
        yield return Check("server00:client00", "wrong-password");
        yield return Check("server00:stranger", "server-password-0000000");
        yield return [0x16, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]; // ServerHelloDone
        yield return [0x15, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40]; // fatal handshake_failure in the clear
        yield return [0x15, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0]; // close_notify in the clear
        yield return [0x15, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]; // in the epoch of the keys, but not encrypted
        for (byte length = 0; length < 32; length++)
        {
            // A record of a protected epoch that is too short for its tag, alone and after a malformed record.
            byte[] record = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 1, length, 0, length, .. new byte[length]];
            yield return record;
            yield return [21, 3, 3, 0, 1, 0, 0, 0, 0, 2, length, 0xFF, 0xFF, .. record];
        }

        foreach (var first in new byte[] { 0x80, 0x90, 0xB0, 22, 23, 1, 0, 64, 200 })
        {
            var datagram = new byte[random.Next(2, 200)];
            random.NextBytes(datagram);
            datagram[0] = first;
            yield return datagram;
        }

        var goodbye = new byte[40];
        random.NextBytes(goodbye);
        goodbye[0] = 0x81;
        goodbye[1] = 203;
        yield return goodbye;
    }

    private static byte[] Check(string username, string password)
    {
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, new byte[12]);
        writer.AddUsername(Encoding.ASCII.GetBytes(username));
        writer.AddUseCandidate();
        writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }
}
