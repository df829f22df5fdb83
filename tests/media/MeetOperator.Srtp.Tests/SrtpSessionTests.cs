namespace MeetOperator.Srtp.Tests;

public sealed class SrtpSessionTests
{
    public static TheoryData<SrtpProfile> Profiles => [SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmSha1Tag80];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtp_ProtectedPacket_ReturnsPlaintext(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        for (var length = 0; length < 1300; length += 13)
        {
            var packet = pair.Protect((ushort)(length + 1), payloadLength: length);

            Assert.Equal(SrtpStatus.Ok, pair.Receiver.UnprotectRtp(packet, out var plain));

            Assert.Equal(12 + length, plain);
            Assert.All(packet[12..plain], b => Assert.Equal((byte)(length + 1), b));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtp_DuplicatePacket_ReturnsReplayed(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        var packet = pair.Protect(5);

        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(packet));
        Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(packet));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtp_ThreeSequenceNumberWraps_AcceptsEachPacketOnce(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        for (var i = 0; i < (3 * 65536) + 100; i += 7)
        {
            var packet = pair.Protect((ushort)i, payloadLength: 4);
            Assert.Equal(SrtpStatus.Ok, pair.Unprotect(packet));
            Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(packet));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtp_ReorderedAroundWrap_IsAccepted(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        ushort[] order = [65530, 65533, 65534, 65535, 0, 1, 2];
        var packets = order.Select(s => pair.Protect(s)).ToArray();

        int[] arrival = [0, 1, 4, 3, 6, 2, 5];
        Assert.All(arrival, i => Assert.Equal(SrtpStatus.Ok, pair.Unprotect(packets[i])));
        Assert.All(arrival, i => Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(packets[i])));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtp_AnyFlippedBit_FailsWithoutStateChange(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        var packet = pair.Protect(9, payloadLength: 20);
        for (var bit = 0; bit < packet.Length * 8; bit++)
        {
            var tampered = packet.AsSpan().ToArray();
            tampered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(SrtpStatus.Ok, pair.Unprotect(tampered));
        }

        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(packet));
    }

    [Theory]
    [InlineData(SrtpProfile.AeadAes128Gcm, true)]
    [InlineData(SrtpProfile.Aes128CmSha1Tag80, true)]
    [InlineData(SrtpProfile.AeadAes128Gcm, false)]
    public void UnprotectRtp_FirstPacketsLostAtWrap_AcceptsStreamThatStartsAnywhere(SrtpProfile profile, bool startsAnywhere)
    {
        using var pair = new SrtpPair(profile, startsAnywhere: startsAnywhere);
        ushort[] order = [65534, 65535, 0, 1, 2, 3];
        var packets = order.Select(number => pair.Protect(number)).ToArray();
        var expected = startsAnywhere ? SrtpStatus.Ok : SrtpStatus.NotAuthentic;

        int[] arrival = [3, 1, 4, 2, 5]; // the first packet is lost, the second is late
        Assert.All(arrival.Where(i => startsAnywhere || i > 1), i => Assert.Equal(expected, pair.Unprotect(packets[i])));
        Assert.All(arrival.Where(_ => startsAnywhere), i => Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(packets[i])));
        Assert.NotEqual(SrtpStatus.Ok, pair.Unprotect([.. packets[5][..^1], (byte)~packets[5][^1]]));
    }

    [Fact]
    public void UnprotectRtp_OlderThanWindow_ReturnsReplayed()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        var old = pair.Protect(1);
        var edge = pair.Protect(2);
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect((ushort)(1 + SrtpStream.RtpWindowPackets))));

        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(edge));
        Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(old));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void ProtectRtp_SameSequenceNumberTwice_ReturnsZero(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);

        Assert.NotEmpty(pair.Protect(77));
        Assert.Empty(pair.Protect(77));
        Assert.NotEmpty(pair.Protect(77, ssrc: 2));
    }

    [Fact]
    public void ProtectRtp_EndOfIndexRange_Stops()
    {
        using var sender = new SrtpSender(SrtpPair.Keys(SrtpProfile.AeadAes128Gcm, new Random(1)), 1024);
        sender.GetOrOpen(0x11223344)!.RecordIndex((1UL << 48) - 2);
        var packet = new byte[100];

        Assert.NotEqual(0, sender.ProtectRtp(SrtpPair.Header(0xFFFF), [1], packet));
        Assert.Equal(0, sender.ProtectRtp(SrtpPair.Header(0), [1], packet));
    }

    [Fact]
    public void ProtectRtp_DestinationTooSmall_WritesNothing()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);

        Assert.Equal(0, pair.Sender.ProtectRtp(SrtpPair.Header(1), new byte[10], new byte[37]));
        Assert.Equal(38, pair.Sender.ProtectRtp(SrtpPair.Header(1), new byte[10], new byte[38]));
    }

    [Fact]
    public void UnprotectRtp_EvictedStream_StillRejectsReplays()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm, maximumInboundStreams: 3);
        var (first, second) = (pair.Protect(1, ssrc: 1), pair.Protect(2, ssrc: 1));
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(second.ToArray()));
        for (uint ssrc = 2; ssrc <= 40; ssrc++)
        {
            Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(1, ssrc)));
        }

        // Only the position of stream 1 is left: older packets are rejected, newer ones are accepted.
        Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(second.ToArray()));
        Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(first.ToArray()));
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(3, ssrc: 1)));
        Assert.Equal(SrtpStatus.Replayed, pair.Unprotect(second.ToArray()));
    }

    /// <summary>A forged packet with the SSRC of a stream is no use of it, so it does not make another stream the least recently used one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void UnprotectRtp_ForgedPacket_DoesNotChangeWhichStreamIsEvicted(bool isForged)
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm, maximumInboundStreams: 2);
        var late = pair.Protect(1, ssrc: 2);
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(1, ssrc: 1)));
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(2, ssrc: 2)));
        if (isForged)
        {
            Assert.Equal(SrtpStatus.NotAuthentic, pair.Unprotect([.. SrtpPair.Header(2, ssrc: 1), .. new byte[30]]));
        }

        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(1, ssrc: 3)));

        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(late)); // the window of stream 2 is still there
    }

    [Fact]
    public void IsNearLimit_ThreeQuartersOfTheStreams_IsTrueAtBothEnds()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm, maximumInboundStreams: 2);
        for (uint ssrc = 1; ssrc <= 1024 * 16 * 3 / 4; ssrc++)
        {
            Assert.Equal((ssrc > 24, false), (pair.Receiver.IsNearLimit, pair.Sender.IsNearLimit));
            pair.Unprotect(pair.Protect(1, ssrc));
        }

        Assert.True(pair.Sender.IsNearLimit);
    }

    [Fact]
    public void UnprotectRtp_StreamEvictedAfterRollover_ContinuesIndex()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm, maximumInboundStreams: 2);
        for (var i = 1; i <= 70_000; i += 20_000)
        {
            Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect((ushort)i, ssrc: 1)));
        }

        for (uint ssrc = 2; ssrc <= 5; ssrc++)
        {
            Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(1, ssrc)));
        }

        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(unchecked((ushort)61_002), ssrc: 1)));
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(unchecked((ushort)70_000), ssrc: 1)));
    }

    [Fact]
    public void UnprotectRtp_TooManyStreams_RejectsOnlyNewStreams()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm, maximumInboundStreams: 3);
        for (uint ssrc = 1; ssrc <= 48; ssrc++)
        {
            Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(1, ssrc)));
        }

        Assert.Equal(SrtpStatus.TooManyStreams, pair.Unprotect(pair.Protect(1, ssrc: 49)));
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(2, ssrc: 48)));
        Assert.Equal(SrtpStatus.Ok, pair.Unprotect(pair.Protect(2, ssrc: 1)));
    }

    [Fact]
    public void ProtectRtp_ManyStreams_AreBoundedAndNeverUseIndexTwice()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        Assert.NotEmpty(pair.Protect(7, ssrc: 1));
        uint rejected = 2;
        while (rejected <= 20_000 && pair.Protect(1, rejected).Length > 0)
        {
            rejected++;
        }

        Assert.InRange(rejected, 16_001u, 20_000u);
        Assert.Empty(pair.Protect(7, ssrc: 1));
        Assert.Empty(pair.Protect(6, ssrc: 1));
        Assert.NotEmpty(pair.Protect(8, ssrc: 1));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtcp_DuplicatePackets_AreAcceptedOnce(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        byte[] report = [0x80, 201, 0, 1, 0, 0, 0, 9];
        for (var i = 0; i < 300; i++)
        {
            var packet = new byte[64];
            var length = pair.Sender.ProtectRtcp(report, packet);
            var copy = packet[..length];

            Assert.Equal(SrtpStatus.Ok, pair.Receiver.UnprotectRtcp(packet.AsSpan(0, length), out var plain));
            Assert.Equal(report, packet[..plain]);
            Assert.Equal(SrtpStatus.Replayed, pair.Receiver.UnprotectRtcp(copy, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtcp_ClearedEncryptionBit_ReturnsNotAuthentic(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        var packet = new byte[64];
        var length = pair.Sender.ProtectRtcp([0x80, 201, 0, 1, 0, 0, 0, 9], packet);
        packet[length - (profile == SrtpProfile.AeadAes128Gcm ? 4 : 14)] &= 0x7F;

        Assert.Equal(SrtpStatus.NotAuthentic, pair.Receiver.UnprotectRtcp(packet.AsSpan(0, length), out _));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void ProtectAndUnprotect_ManyPackets_AllocatesNothing(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        var header = SrtpPair.Header(0);
        var payload = new byte[1100];
        var packet = new byte[1200];
        var report = new byte[] { 0x80, 201, 0, 1, 0, 0, 0, 9 };
        Exchange(pair, header, payload, packet, report, 1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(pair, header, payload, packet, report, 2000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Exchange(SrtpPair pair, byte[] header, byte[] payload, byte[] packet, byte[] report, int count)
    {
        for (var i = 0; i < count; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(
                header.AsSpan(2), (ushort)(System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)) + 1));
            var length = pair.Sender.ProtectRtp(header, payload, packet);
            if (pair.Receiver.UnprotectRtp(packet.AsSpan(0, length), out _) != SrtpStatus.Ok)
            {
                Assert.Fail("The packet was not accepted.");
            }

            length = pair.Sender.ProtectRtcp(report, packet);
            if (pair.Receiver.UnprotectRtcp(packet.AsSpan(0, length), out _) != SrtpStatus.Ok)
            {
                Assert.Fail("The packet was not accepted.");
            }
        }
    }
}
