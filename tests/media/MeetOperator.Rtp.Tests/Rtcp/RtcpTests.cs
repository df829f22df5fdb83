using System.Buffers.Binary;
using System.Text;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Rtcp;

public sealed class RtcpTests
{
    private static readonly ReportBlock Block = new()
    {
        Ssrc = 0x01020304,
        FractionLost = 25,
        CumulativeLost = -3,
        ExtendedHighestSequenceNumber = 0x00020005,
        Jitter = 1234,
        LastSenderReport = 0xAABBCCDD,
        DelaySinceLastSenderReport = 65536,
    };

    [Fact]
    public void AddReceiverReport_OneBlock_MatchesRfc3550Encoding()
    {
        var writer = new RtcpWriter(new byte[100]);

        Assert.True(writer.AddReceiverReport(0x11111111, Block));

        Assert.Equal(
            Hex.Bytes("81 c9 0007 11111111 01020304 19 fffffd 00020005 000004d2 aabbccdd 00010000"), writer.Written.ToArray());
    }

    [Fact]
    public void AddReferenceTime_NtpTime_MatchesRfc3611Encoding()
    {
        var writer = new RtcpWriter(new byte[100]);

        Assert.True(writer.AddReferenceTime(0x11111111, 0x1122334455667788));

        Assert.Equal(Hex.Bytes("80 cf 0004 11111111 04 00 0002 1122334455667788"), writer.Written.ToArray());
    }

    [Fact]
    public void AddReferenceReply_MiddleOfReferenceTime_MatchesRfc3611Encoding()
    {
        var writer = new RtcpWriter(new byte[100]);

        Assert.True(writer.AddReferenceReply(0x22222222, 0x11111111, 0xAABBCCDD));

        Assert.Equal(Hex.Bytes("80 cf 0005 22222222 05 00 0003 11111111 aabbccdd 00000000"), writer.Written.ToArray());
    }

    [Theory]
    [InlineData("80 cf 0004 22222222 04 00 0002 1122aabb ccdd7788", true)]
    [InlineData("80 cf 0008 22222222 05 00 0003 11111111 00000001 00010000 04 00 0002 1122aabb ccdd7788", true)]
    [InlineData("80 cf 0004 22222222 04 00 0003 1122aabb ccdd7788", false)] // longer than the packet
    [InlineData("80 cf 0003 22222222 04 00 0001 1122aabb", false)]
    [InlineData("80 cf 0000", false)]
    [InlineData("80 c9 0001 22222222", false)]
    public void TryReadReferenceTime_SeveralBlocks_FindsIt(string hex, bool found)
    {
        var reader = new RtcpReader(Hex.Bytes(hex));
        Assert.True(reader.MoveNext());

        Assert.Equal(found, ExtendedReport.TryReadReferenceTime(reader.Current, out var ssrc, out var middle));

        Assert.Equal(found ? (0x22222222u, 0xAABBCCDDu) : (0, 0), (ssrc, middle));
    }

    [Theory]
    [InlineData("80 cf 0008 22222222 04 00 0002 1122334455667788 05 00 0003 11111111 aabbccdd 00010000", true)]
    [InlineData("80 cf 0008 22222222 05 00 0006 33333333 00000001 00000002 11111111 aabbccdd 00010000", true)]
    [InlineData("80 cf 0005 22222222 05 00 0003 33333333 aabbccdd 00010000", false)]
    [InlineData("80 cf 0005 22222222 05 00 0003 11111111 00000000 00010000", false)] // the peer has not received a reference time
    [InlineData("80 cf 0005 22222222 05 00 0004 11111111 aabbccdd 00010000", false)]
    [InlineData("80 cf 0000", false)]
    [InlineData("80 c9 0001 22222222", false)]
    public void TryReadDelay_SeveralBlocks_FindsOwnReferenceTime(string hex, bool found)
    {
        var reader = new RtcpReader(Hex.Bytes(hex));
        Assert.True(reader.MoveNext());

        Assert.Equal(found, ExtendedReport.TryReadDelay(reader.Current, 0x11111111, out var reference, out var delay));

        if (found)
        {
            Assert.Equal((0xAABBCCDDu, 65536u), (reference, delay));
        }
    }

    [Fact]
    public void Compound_EveryPacketType_RoundTrips()
    {
        var writer = new RtcpWriter(new byte[500]);
        Assert.True(writer.AddSenderReport(7, 0x1122334455667788, 90000, 10, 2000, Block, Block with { CumulativeLost = 70_000 }));
        Assert.True(writer.AddCanonicalName(7, "meet"u8));
        Assert.True(writer.AddPictureLoss(7, 8));
        Assert.True(writer.AddNack(7, 8, [65534, 65535, 0, 14, 20]));
        Assert.True(writer.AddGoodbye(7, 9));
        Assert.Equal(0, writer.Length % 4);

        var described = new List<string>();
        foreach (var packet in new RtcpReader(writer.Written))
        {
            described.Add(Describe(packet));
        }

        Assert.Equal(
        [
            "SR 7 1122334455667788 90000 10 2000: 16909060/-3 16909060/70000",
            "SDES 7 meet",
            "PLI 7->8",
            "NACK 7->8: 65534 65535 0 14 20",
            "BYE 7 9",
        ], described);
    }

    [Fact]
    public void AddNack_NumbersWithinSixteen_ShareEntry()
    {
        var writer = new RtcpWriter(new byte[100]);

        Assert.True(writer.AddNack(1, 2, [100, 101, 116, 117]));

        Assert.Equal(Hex.Bytes("81 cd 0004 00000001 00000002 0064 8001 0075 0000"), writer.Written.ToArray());
    }

    [Fact]
    public void AddNack_NoNumbers_WritesNothing()
    {
        var writer = new RtcpWriter(new byte[100]);
        Assert.False(writer.AddNack(1, 2, []));
        Assert.Equal(0, writer.Length);
    }

    [Fact]
    public void Add_NoRoom_LeavesCompoundUnchanged()
    {
        var writer = new RtcpWriter(new byte[20]);
        Assert.True(writer.AddPictureLoss(1, 2));

        Assert.False(writer.AddPictureLoss(1, 2));
        Assert.False(writer.AddReceiverReport(1, Block));

        Assert.Equal(Hex.Bytes("81 ce 0002 00000001 00000002"), writer.Written.ToArray());
    }

    [Theory]
    [InlineData("80 c9 0001 00000001 80 c9 0002 00000001", 1)] // the second packet is truncated
    [InlineData("40 c9 0001 00000001", 0)]
    [InlineData("80 c9 00", 0)]
    [InlineData("a0 c9 0001 00000001 80 c9 0001 00000001", 0)] // padding on a packet that is not the last
    [InlineData("a0 c9 0002 00000001 00000000", 0)] // padding of zero
    [InlineData("a0 c9 0002 00000001 00000009", 0)] // padding longer than the packet
    [InlineData("a0 c9 0002 00000001 00000004", 1)]
    [InlineData("80 cf 0001 00000001 80 c9 0001 00000001", 2)] // an extended report is a valid packet
    [InlineData("", 0)]
    public void MoveNext_MalformedPacket_StopsEnumeration(string hex, int packets)
    {
        var reader = new RtcpReader(Hex.Bytes(hex));
        var count = 0;
        while (reader.MoveNext())
        {
            count++;
        }

        Assert.Equal(packets, count);
    }

    [Theory]
    [InlineData("82 c8 0006 00000001 0000000000000000 00000000 00000000 00000000")] // two blocks announced, none present
    [InlineData("80 c8 0001 00000001")]
    [InlineData("81 c9 0001 00000001")]
    [InlineData("83 cb 0001 00000001")]
    [InlineData("81 ca 0001 00000001")]
    [InlineData("81 ca 0002 00000001 01ff6162")]
    [InlineData("81 cd 0001 00000001")]
    public void TryParse_CountBeyondPacket_ReturnsFalse(string hex)
    {
        var reader = new RtcpReader(Hex.Bytes(hex));
        Assert.True(reader.MoveNext());

        Assert.False(SenderReport.TryParse(reader.Current, out _));
        Assert.False(ReceiverReport.TryParse(reader.Current, out _));
        Assert.False(Goodbye.TryParse(reader.Current, out _));
        Assert.False(SourceDescription.TryReadCanonicalName(reader.Current, out _, out _));
        Assert.False(FeedbackMessage.TryParse(reader.Current, out _));
    }

    [Fact]
    public void FromUnixTicks_UnixEpoch_Returns2208988800Seconds()
    {
        Assert.Equal(2_208_988_800UL << 32, NtpTime.FromUnixTicks(0));
        Assert.Equal(0x80000000u, (uint)NtpTime.FromUnixTicks(TimeSpan.TicksPerSecond / 2));
    }

    [Fact]
    public void FullIntraRequests_TwoEntries_AreRead()
    {
        Assert.True(First(Hex.Bytes("84 ce 0006 00000007 00000000 00000008 03000000 00000009 04000000"), out var message));
        Assert.True(message.IsFullIntraRequest);

        var requests = new List<uint>();
        foreach (var ssrc in message.FullIntraRequests)
        {
            requests.Add(ssrc);
        }

        Assert.Equal([8u, 9u], requests);
    }

    private static bool First(byte[] compound, out FeedbackMessage message)
    {
        var reader = new RtcpReader(compound);
        Assert.True(reader.MoveNext());
        return FeedbackMessage.TryParse(reader.Current, out message);
    }

    private static string Describe(RtcpPacket packet)
    {
        var text = new StringBuilder();
        if (SenderReport.TryParse(packet, out var report))
        {
            text.Append($"SR {report.Ssrc} {report.NtpTimestamp:x} {report.RtpTimestamp} {Word(packet, 4)} {Word(packet, 5)}:");
            for (var at = SenderReport.BodyLength; at < packet.Body.Length; at += ReportBlock.Length)
            {
                var block = ReportBlock.Read(packet.Body[at..]);
                text.Append($" {block.Ssrc}/{block.CumulativeLost}");
            }
        }
        else if (SourceDescription.TryReadCanonicalName(packet, out var ssrc, out var name))
        {
            text.Append($"SDES {ssrc} {Encoding.ASCII.GetString(name)}");
        }
        else if (Goodbye.TryParse(packet, out var goodbye))
        {
            text.Append($"BYE {goodbye[0]} {goodbye[1]}");
        }
        else if (FeedbackMessage.TryParse(packet, out var message))
        {
            text.Append(message.IsPictureLoss ? $"PLI {Word(packet, 0)}->{message.MediaSsrc}" : string.Empty);
            text.Append(message.IsNack ? $"NACK {Word(packet, 0)}->{message.MediaSsrc}:" : string.Empty);
            foreach (var sequenceNumber in message.NackedSequenceNumbers)
            {
                text.Append($" {sequenceNumber}");
            }
        }

        return text.ToString();
    }

    /// <summary>A 32-bit word of the body of a packet.</summary>
    private static uint Word(RtcpPacket packet, int index) => BinaryPrimitives.ReadUInt32BigEndian(packet.Body[(index * 4)..]);
}
