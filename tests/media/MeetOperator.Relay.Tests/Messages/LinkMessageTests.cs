using MeetOperator.Relay.Messages;
using MeetOperator.Testing;

namespace MeetOperator.Relay.Tests.Messages;

/// <summary>The bytes of each message. They are the contract between two releases, so a changed expectation breaks links during an upgrade.</summary>
public sealed class LinkMessageTests
{
    private const string TrackAddedBytes =
        "01 00000005 00000003 01 0009 6d6565742f6e6f6465 0000000000000007 0005 616c696365 01 03"
        + "0003 565038 00015f90 00 60 61 ff 0003 613d31 02"
        + "0001 71 00001001 00001002"
        + "0001 68 00002001 00000000";

    private static readonly TrackAddedMessage Camera = new()
    {
        Track = 5,
        Carriage = 3,
        Hops = 1,
        Origin = "meet/node",
        OriginGeneration = 7,
        ParticipantId = "alice",
        Source = LinkTrackSource.Camera,
        IsMuted = true,
        IsEncrypted = true,
        Codec = new RelayedCodec { Name = "VP8", ClockRate = 90_000, PayloadType = 96, RtxPayloadType = 97, FormatParameters = "a=1" },
        Layers = [new RelayedLayer("q", 0x1001, 0x1002), new RelayedLayer("h", 0x2001, null)],
    };

    [Fact]
    public void TrackAdded_Camera_HasGoldenBytes()
    {
        Assert.Equal(Hex.Bytes(TrackAddedBytes), Written(Camera.Write));

        Assert.True(TrackAddedMessage.TryRead(Hex.Bytes(TrackAddedBytes), out var read));
        Assert.Equal(Camera with { Layers = read.Layers }, read);
        Assert.Equal(Camera.Layers, read.Layers);
    }

    [Fact]
    public void TrackAdded_Microphone_HasGoldenBytes()
    {
        var message = Camera with
        {
            Source = LinkTrackSource.Microphone,
            IsMuted = false,
            IsEncrypted = false,
            HasLevel = true,
            Codec = new RelayedCodec { Name = "opus", ClockRate = 48_000, Channels = 2, PayloadType = 111, RedPayloadType = 63 },
            Layers = [new RelayedLayer(string.Empty, 9, null)],
        };
        var bytes = Hex.Bytes(
            "01 00000005 00000003 01 0009 6d6565742f6e6f6465 0000000000000007 0005 616c696365 00 04"
            + "0004 6f707573 0000bb80 02 6f ff 3f 0000 01 0000 00000009 00000000");

        Assert.Equal(bytes, Written(message.Write));
        Assert.True(TrackAddedMessage.TryRead(bytes, out var read));
        Assert.Equal(message with { Layers = read.Layers }, read);
    }

    [Fact]
    public void TrackAdded_LongestFields_FitAMessage()
    {
        var message = Camera with
        {
            Origin = new string('o', 320),
            ParticipantId = string.Concat(Enumerable.Repeat("ü", 64)),
            Codec = Camera.Codec with { Name = new string('c', 32), FormatParameters = new string('f', 255) },
            Layers = [.. Enumerable.Range(1, 8).Select(i => new RelayedLayer(new string('r', 16), (uint)i, (uint)i))],
        };
        var bytes = Written(message.Write);

        Assert.InRange(bytes.Length, 900, LinkMessage.MaximumLength);
        Assert.True(TrackAddedMessage.TryRead(bytes, out var read));
        Assert.Equal(message.ParticipantId, read.ParticipantId);
    }

    [Theory]
    [InlineData("hops are 0", 9, 0x00)]
    [InlineData("a control character in the origin", 12, 0x0A)]
    [InlineData("a byte above ASCII in the origin", 12, 0xC3)]
    [InlineData("invalid UTF-8 in the participant", 31, 0xC3)]
    [InlineData("an unknown source", 36, 0x04)]
    [InlineData("an unknown flag", 37, 0x08)]
    [InlineData("a line break in the codec", 40, 0x0A)]
    [InlineData("a payload type above 127", 48, 0x80)]
    [InlineData("a payload type of retransmissions above 127", 49, 0xFE)]
    [InlineData("a line break in the format parameters", 53, 0x0D)]
    [InlineData("no layer", 56, 0x00)]
    [InlineData("more layers than follow", 56, 0x03)]
    public void TrackAdded_OneBadByte_IsRejected(string why, int offset, byte value)
    {
        var bytes = Hex.Bytes(TrackAddedBytes);
        Assert.NotEqual(value, bytes[offset]);
        bytes[offset] = value;

        Assert.False(TrackAddedMessage.TryRead(bytes, out _), why);
    }

    [Fact]
    public void TrackRemoved_Message_HasGoldenBytes()
    {
        Assert.Equal(Hex.Bytes("02 00000005"), Written(new TrackRemovedMessage(5).Write));
        Assert.True(TrackRemovedMessage.TryRead(Hex.Bytes("02 00000005"), out var read));
        Assert.Equal(5u, read.Track);
    }

    [Fact]
    public void TrackMuted_Message_HasGoldenBytes()
    {
        Assert.Equal(Hex.Bytes("03 00000005 01"), Written(new TrackMutedMessage(5, true).Write));
        Assert.True(TrackMutedMessage.TryRead(Hex.Bytes("03 00000005 00"), out var read));
        Assert.Equal(new TrackMutedMessage(5, false), read);
        Assert.False(TrackMutedMessage.TryRead(Hex.Bytes("03 00000005 02"), out _));
    }

    [Fact]
    public void TrackLayers_Message_HasGoldenBytes()
    {
        var message = new TrackLayersMessage { Track = 5, Layers = [new RelayedLayerState(true, 320, 180, 150, 7), default] };
        var bytes = Hex.Bytes("04 00000005 02 01 0140 00b4 00000096 00000007 00 0000 0000 00000000 00000000");

        Assert.Equal(bytes, Written(message.Write));
        Assert.True(TrackLayersMessage.TryRead(bytes, out var read));
        Assert.Equal((message.Track, message.Layers.Count), (read.Track, read.Layers.Count));
        Assert.Equal(message.Layers, read.Layers);
        bytes[6] = 2;
        Assert.False(TrackLayersMessage.TryRead(bytes, out _));
    }

    [Fact]
    public void Demand_Message_HasGoldenBytes()
    {
        Assert.Equal(Hex.Bytes("05 00000005 06"), Written(new DemandMessage(5, 6).Write));
        Assert.True(DemandMessage.TryRead(Hex.Bytes("05 00000005 06"), out var read));
        Assert.Equal(new DemandMessage(5, 6), read);
    }

    [Fact]
    public void Heard_Message_HasGoldenBytes()
    {
        var message = new HeardMessage { Microphones = [new RelayedSpeech(5, 90, true, 1000, 0), new RelayedSpeech(6, 0, false, RelayedSpeech.Never, RelayedSpeech.Never)] };
        var bytes = Hex.Bytes("06 02 00000005 5a 01 000003e8 00000000 00000006 00 00 ffffffff ffffffff");

        Assert.Equal(bytes, Written(message.Write));
        Assert.True(HeardMessage.TryRead(bytes, out var read));
        Assert.Equal(message.Microphones, read.Microphones);
        bytes[6] = 128;
        Assert.False(HeardMessage.TryRead(bytes, out _));
        Assert.True(HeardMessage.TryRead([6, 0], out read));
        Assert.Empty(read.Microphones);
    }

    [Fact]
    public void Bye_Message_HasGoldenBytes()
    {
        Assert.Equal(Hex.Bytes("07 02 0000"), Written(new ByeMessage(ByeReason.Shutdown).Write));
        Assert.True(ByeMessage.TryRead(Hex.Bytes("07 01 0000"), out var read));
        Assert.Equal(ByeReason.RoomEnded, read.Reason);
        Assert.False(ByeMessage.TryRead(Hex.Bytes("07 03 0000"), out _));
        Assert.False(ByeMessage.TryRead(Hex.Bytes("07 01 0001"), out _));
    }

    [Fact]
    public void TryRead_AnyOtherLength_ReturnsFalse()
    {
        (string Bytes, Func<byte[], bool> TryRead)[] messages =
        [
            (TrackAddedBytes, bytes => TrackAddedMessage.TryRead(bytes, out _)),
            ("02 00000005", bytes => TrackRemovedMessage.TryRead(bytes, out _)),
            ("03 00000005 01", bytes => TrackMutedMessage.TryRead(bytes, out _)),
            ("04 00000005 01 01 0140 00b4 00000096 00000007", bytes => TrackLayersMessage.TryRead(bytes, out _)),
            ("05 00000005 06", bytes => DemandMessage.TryRead(bytes, out _)),
            ("06 01 00000005 5a 01 000003e8 00000000", bytes => HeardMessage.TryRead(bytes, out _)),
            ("07 00 0000", bytes => ByeMessage.TryRead(bytes, out _)),
        ];
        foreach (var (hex, tryRead) in messages)
        {
            var bytes = Hex.Bytes(hex);
            Assert.True(tryRead(bytes), hex);
            Assert.False(tryRead([.. bytes, 0]), hex);
            Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.False(tryRead(bytes[..length]), hex));
            Assert.False(tryRead([(byte)((bytes[0] % 7) + 1), .. bytes[1..]]), hex);
            Assert.True(LinkMessage.TryReadType(bytes, out var type) && (byte)type == bytes[0]);
        }

        Assert.False(LinkMessage.TryReadType([], out _));
        Assert.False(LinkMessage.TryReadType([0], out _));
        Assert.False(LinkMessage.TryReadType([8], out _));
    }

    [Fact]
    public void Write_SmallDestination_ReturnsZero()
    {
        var length = Written(Camera.Write).Length;
        Assert.All(Enumerable.Range(0, length), size => Assert.Equal(0, Camera.Write(new byte[size])));
        Assert.Equal(length, Camera.Write(new byte[length]));
    }

    [Fact]
    public void Key_OfMessages_DiffersByTypeAndTrack()
    {
        ulong[] keys = [new DemandMessage(1, 0).Key, new DemandMessage(2, 0).Key, new TrackMutedMessage(1, true).Key, HeardMessage.Key];

        Assert.Distinct(keys);
        Assert.Equal(new DemandMessage(1, 5).Key, keys[0]);
    }

    private delegate int Writer(Span<byte> destination);

    private static byte[] Written(Writer write)
    {
        var buffer = new byte[LinkMessage.MaximumLength];
        return buffer[..write(buffer)];
    }
}
