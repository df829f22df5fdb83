using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtc.Transport;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Tests.Transport;

public sealed class PeerTransportTests
{
    private static readonly byte[] Header = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9];

    [Fact]
    public void SetRemote_WrongFingerprint_FailsBeforeMedia()
    {
        using var other = DtlsCertificate.Generate();
        using var pair = new TransportPair(seed: 1);
        pair.ExchangeDescriptions();
        pair.Server.Transport.SetRemote(pair.Client.Transport.LocalCredentials, other.Fingerprint);

        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Failed, TimeSpan.FromSeconds(2)));

        Assert.Equal(TransportFailure.FingerprintMismatch, pair.Server.Transport.Failure);
        Assert.Equal(0, pair.Server.Transport.ProtectRtp(Header, [1, 2, 3], new byte[100]));
        pair.Client.SendRtp(Header, [1]);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Empty(pair.Server.Received);
    }

    [Fact]
    public void SetRemote_AfterHandshake_Connects()
    {
        using var pair = new TransportPair(seed: 1);
        pair.Client.Transport.SetRemote(
            pair.Server.Transport.LocalCredentials, pair.ServerCertificate.Fingerprint, TransportPair.ServerAddress);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(PeerTransportState.Connecting, pair.Server.Transport.State);
        pair.Client.SendRtp(Header, [1]);
        pair.Run(TimeSpan.FromMilliseconds(100));
        Assert.Empty(pair.Server.Received);

        pair.Server.Transport.SetRemote(pair.Client.Transport.LocalCredentials, pair.ClientCertificate.Fingerprint);

        Assert.Equal(PeerTransportState.Connected, pair.Server.Transport.State);
    }

    [Fact]
    public void Handshake_NoCommonSrtpProfile_Fails()
    {
        using var certificate = DtlsCertificate.Generate(null, "SRTP_AES128_CM_SHA1_32");
        using var pair = new TransportPair(seed: 1, clientCertificate: certificate);
        pair.ExchangeDescriptions();

        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Failed, TimeSpan.FromSeconds(2)));
        Assert.Equal(TransportFailure.NoSrtpProfile, pair.Server.Transport.Failure);
    }

    [Fact]
    public void Handshake_ClientOffersOnlyCm80_SelectsIt()
    {
        using var certificate = DtlsCertificate.Generate(null, "SRTP_AES128_CM_SHA1_80");
        using var pair = new TransportPair(seed: 1, clientCertificate: certificate);

        Assert.True(pair.Connect());

        Assert.Equal(SrtpProfile.Aes128CmSha1Tag80, pair.Server.Transport.Profile);
        pair.Client.SendRtp(Header, [1, 2, 3]);
        pair.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(Header.Concat(new byte[] { 1, 2, 3 }), Assert.Single(pair.Server.Received));
    }

    [Fact]
    public void Handshake_PeerDisconnects_TimesOut()
    {
        using var pair = new TransportPair(seed: 1);
        pair.ExchangeDescriptions();
        Assert.True(pair.RunUntil(() => pair.Server.Sent.Any(d => d[0] == 22), TimeSpan.FromSeconds(1)));
        var client = TransportPair.ClientAddress;
        pair.Client.Disconnect();

        pair.Run(TimeSpan.FromSeconds(30));

        Assert.Contains(pair.Server.Transport.State, new[] { PeerTransportState.Failed, PeerTransportState.Disconnected });
        Assert.InRange(pair.Server.Sent.Count(d => d[0] == 22), 2, 40);
        Assert.Equal(client, pair.Server.Transport.SelectedAddress);
    }

    [Fact]
    public void Handshake_Datagrams_FitMtu()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());

        Assert.All(pair.Server.Sent.Concat(pair.Client.Sent), d => Assert.InRange(d.Length, 1, 1200));
    }

    [Fact]
    public void HandleTimeout_PeerDisconnects_ReportsWithinTenSeconds()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());
        pair.Client.Disconnect();
        var start = pair.Network.NowTicks;

        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Disconnected, TimeSpan.FromSeconds(15)));

        Assert.InRange(TimeSpan.FromTicks(pair.Network.NowTicks - start).TotalSeconds, 5, 10.5);
        Assert.Equal(PeerTransportState.Disconnected, pair.Server.States[^1]);
        pair.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(long.MaxValue, pair.Server.NextTimeoutTicks);
    }

    /// <summary>RFC 7675 §5.1: media is no consent to send.</summary>
    [Fact]
    public void HandleTimeout_MediaWithoutChecks_ConsentExpiresAfterThirtySeconds()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());
        var server = pair.Server.Transport;
        var (start, now) = (pair.Network.NowTicks, pair.Network.NowTicks);
        var datagram = new byte[100];
        for (byte i = 1; i < 60 && server.State == PeerTransportState.Connected; i++)
        {
            now += TimeSpan.TicksPerSecond;
            var header = (byte[])Header.Clone();
            header[3] = i;
            var length = pair.Client.Transport.ProtectRtp(header, [i], datagram);
            Assert.Equal(DatagramKind.Rtp, server.HandleDatagram(now, TransportPair.ClientAddress, datagram.AsSpan(0, length)).Kind);
            if (server.NextTimeoutTicks <= now)
            {
                server.HandleTimeout(now);
            }
        }

        Assert.Equal(PeerTransportState.Disconnected, server.State);
        Assert.InRange(TimeSpan.FromTicks(now - start).TotalSeconds, 29, 31);
    }

    [Fact]
    public void HandleDatagram_DisconnectedPeerReturns_ReconnectsWithSameKeys()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());
        pair.Network.Conditions = pair.Network.Conditions with { LossRate = 1 };
        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Disconnected, TimeSpan.FromSeconds(15)));

        pair.Network.Conditions = pair.Network.Conditions with { LossRate = 0 };
        Assert.True(pair.RunUntil(() => pair.Server.Transport.State == PeerTransportState.Connected, TimeSpan.FromSeconds(5)));
        pair.Client.SendRtp(Header, [1]);
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Single(pair.Server.Received);
        Assert.Equal([PeerTransportState.Disconnected, PeerTransportState.Connected], pair.Server.States[^2..]);
    }

    [Fact]
    public void HandleTimeout_IdleClientWithConsent_StaysConnected()
    {
        using var pair = new TransportPair(seed: 1, new LinkConditions { LossRate = 0.05 });
        Assert.True(pair.Connect());

        pair.Run(TimeSpan.FromMinutes(10));

        Assert.Equal(PeerTransportState.Connected, pair.Server.Transport.State);
        Assert.Equal(PeerTransportState.Connected, pair.Client.Transport.State);
    }

    [Fact]
    public void HandleDatagram_ClientMovesToNewAddress_MediaFollows()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());
        var newAddress = new TransportAddress(0x0A000063, 40000);

        pair.Client.MoveTo(newAddress);
        Assert.True(pair.RunUntil(() => pair.Server.Transport.SelectedAddress == newAddress, TimeSpan.FromSeconds(10)));
        pair.Client.SendRtp(Header, [1]);
        pair.Server.SendRtp(Header, [2]);
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Single(pair.Server.Received);
        Assert.Single(pair.Client.Received);
        Assert.Equal(PeerTransportState.Connected, pair.Server.Transport.State);
    }

    [Fact]
    public void Close_OneSide_ClosesOtherSide()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());

        pair.Client.Transport.Close(pair.Network.NowTicks);
        pair.Client.Poll();
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(PeerTransportState.Closed, pair.Server.Transport.State);
        Assert.Equal(PeerTransportState.Closed, pair.Server.States[^1]);
        Assert.Equal(0, pair.Server.Transport.ProtectRtp(Header, [1], new byte[100]));
    }

    [Fact]
    public void HandleDatagram_ReplayedDatagrams_AreDroppedAndCounted()
    {
        using var pair = new TransportPair(seed: 1, new LinkConditions { DuplicationRate = 1 });
        Assert.True(pair.Connect());
        for (ushort i = 1; i <= 100; i++)
        {
            var header = (byte[])Header.Clone();
            header[3] = (byte)i;
            pair.Client.SendRtp(header, [1]);
        }

        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(100, pair.Server.Received.Count);
        Assert.Equal(100, pair.Server.Transport.Drops[DropReason.SrtpReplay]);
    }

    [Fact]
    public void ProtectAndHandleDatagram_ManyPackets_AllocatesNothing()
    {
        using var pair = new TransportPair(seed: 1);
        Assert.True(pair.Connect());
        Exchange(pair, 1, 500);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(pair, 501, 3000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Exchange(TransportPair pair, int first, int last)
    {
        Span<byte> header = stackalloc byte[12];
        Header.CopyTo(header);
        Span<byte> payload = stackalloc byte[1100];
        Span<byte> datagram = stackalloc byte[1200];
        var from = TransportPair.ClientAddress;
        for (var i = first; i <= last; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)i);
            var length = pair.Client.Transport.ProtectRtp(header, payload, datagram);
            if (pair.Server.Transport.HandleDatagram(pair.Network.NowTicks, from, datagram[..length]).Kind != DatagramKind.Rtp)
            {
                throw new InvalidOperationException("The packet was not accepted.");
            }
        }
    }
}
