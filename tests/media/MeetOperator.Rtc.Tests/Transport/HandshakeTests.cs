using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtc.Transport;
using MeetOperator.Srtp;

namespace MeetOperator.Rtc.Tests.Transport;

public sealed class HandshakeTests
{
    [Fact]
    public void Connect_PerfectNetwork_NegotiatesGcmOnBothSides()
    {
        using var pair = new TransportPair(seed: 1);

        Assert.True(pair.Connect(TimeSpan.FromSeconds(1)));

        Assert.Equal(SrtpProfile.AeadAes128Gcm, pair.Server.Transport.Profile);
        Assert.Equal(SrtpProfile.AeadAes128Gcm, pair.Client.Transport.Profile);
        Assert.Equal(TransportPair.ClientAddress, pair.Server.Transport.SelectedAddress);
        Assert.Equal([PeerTransportState.Connecting, PeerTransportState.Connected], pair.Server.States);
    }

    [Fact]
    public void Connect_Media_ArrivesUnchanged()
    {
        using var pair = new TransportPair(seed: 2);
        Assert.True(pair.Connect());
        var header = new byte[] { 0x80, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9 };
        var payload = new byte[100];
        new Random(1).NextBytes(payload);

        pair.Client.SendRtp(header, payload);
        pair.Server.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 7]);
        pair.Run(TimeSpan.FromMilliseconds(100));

        Assert.Equal(header.Concat(payload), Assert.Single(pair.Server.Received));
        Assert.Equal([0x80, 201, 0, 1, 0, 0, 0, 7], Assert.Single(pair.Client.Received));
    }

    [Theory]
    [InlineData(0.2, 0.0, 0.0)]
    [InlineData(0.2, 0.1, 0.2)]
    [InlineData(0.0, 0.5, 0.5)]
    public void Connect_LossyNetwork_SucceedsForEverySeed(double loss, double duplication, double reordering)
    {
        var conditions = new LinkConditions
        {
            LossRate = loss,
            DuplicationRate = duplication,
            ReorderRate = reordering,
            JitterTicks = 20 * TimeSpan.TicksPerMillisecond,
        };
        for (var seed = 0; seed < 60; seed++)
        {
            using var pair = new TransportPair(seed, conditions);
            Assert.True(pair.Connect(), $"seed {seed}: server {pair.Server.Transport.State}, client {pair.Client.Transport.State}");
        }
    }

    /// <summary>Every handshake message has many fragments, some of which are lost, duplicated or late.</summary>
    [Fact]
    public void Connect_SmallMtuOnLossyNetwork_ReassemblesFragments()
    {
        var conditions = new LinkConditions { LossRate = 0.1, DuplicationRate = 0.1, ReorderRate = 0.2 };
        for (var seed = 0; seed < 60; seed++)
        {
            using var pair = new TransportPair(seed, conditions, handshakeMtuBytes: 260);
            Assert.True(pair.Connect(), $"seed {seed}: server {pair.Server.Transport.State}, client {pair.Client.Transport.State}");
            Assert.All(pair.Server.Sent.Concat(pair.Client.Sent).Where(d => d[0] == 22), d => Assert.InRange(d.Length, 13, 260));

            Assert.Equal(0, pair.Server.Transport.Drops[DropReason.DtlsRate]);

            // Bytes 19 to 21 are the fragment's offset in its message (RFC 6347 §4.2.2).
            Assert.Contains(pair.Server.Sent, d => d[0] == 22 && d.Length > 25 && ((d[19] << 16) | (d[20] << 8) | d[21]) > 0);
        }
    }
}
