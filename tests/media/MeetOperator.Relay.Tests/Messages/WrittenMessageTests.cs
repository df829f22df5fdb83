using MeetOperator.Relay.Messages;

namespace MeetOperator.Relay.Tests.Messages;

/// <summary>Whatever a writer accepts, a reader accepts and returns equal. Everything else throws an error that names the field.</summary>
public sealed class WrittenMessageTests
{
    private static readonly string[] Texts =
    [
        string.Empty, "a", "alice", "é", "😀", "\ud83d", "\ude00a", "a\n", "\u0085", "\u007f", "\0", " ", new string('x', 16), new string('x', 17), new string('x', 32), new string('x', 33),
        new string('ü', 64), new string('ü', 65), new string('x', 128), new string('x', 255), new string('x', 256), new string('x', 320), new string('x', 321), new string('x', 70_000),
    ];

    private delegate int Writer(Span<byte> destination);

    [Fact]
    public void TrackAdded_RandomContent_IsReadEqualOrThrows()
    {
        var random = new Random(1);
        var (written, thrown) = (0, new HashSet<string>());
        for (var i = 0; i < 20_000; i++)
        {
            var message = Random(random);
            if (Write(message.Write, out var field) is { } bytes)
            {
                written++;
                Assert.True(TrackAddedMessage.TryRead(bytes, out var read), message.ToString());
                Assert.Equal(message with { Layers = read.Layers }, read);
                Assert.Equal(message.Layers, read.Layers);
            }
            else
            {
                thrown.Add(field);
            }
        }

        Assert.InRange(written, 1000, 19_000);
        Assert.Equal(
            ["ClockRate", "FormatParameters", "Hops", "Layers", "Name", "Origin", "ParticipantId", "PayloadType", "RedPayloadType", "Rid", "RtxPayloadType", "RtxSsrc", "Source", "Ssrc"],
            thrown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void OtherMessages_RandomContent_AreReadEqualOrThrow()
    {
        var random = new Random(2);
        var thrown = new HashSet<string>();
        for (var i = 0; i < 5000; i++)
        {
            var layers = new TrackLayersMessage { Track = Number(random), Layers = [.. Enumerable.Range(0, random.Next(10)).Select(_ => new RelayedLayerState(Bit(random), (ushort)Number(random), 7, Number(random), Number(random)))] };
            AssertEqual(layers.Write, bytes => TrackLayersMessage.TryRead(bytes, out var read) && read.Track == layers.Track && read.Layers.SequenceEqual(layers.Layers));

            var heard = new HeardMessage { Microphones = [.. Enumerable.Range(0, random.Next(10)).Select(_ => new RelayedSpeech(Number(random), (byte)random.Next(135), Bit(random), Number(random), Number(random)))] };
            AssertEqual(heard.Write, bytes => HeardMessage.TryRead(bytes, out var read) && read.Microphones.SequenceEqual(heard.Microphones));

            var bye = new ByeMessage((ByeReason)random.Next(5));
            AssertEqual(bye.Write, bytes => ByeMessage.TryRead(bytes, out var read) && read == bye);

            var muted = new TrackMutedMessage(Number(random), Bit(random));
            AssertEqual(muted.Write, bytes => TrackMutedMessage.TryRead(bytes, out var read) && read == muted);

            var demand = new DemandMessage(Number(random), (byte)random.Next(256));
            AssertEqual(demand.Write, bytes => DemandMessage.TryRead(bytes, out var read) && read == demand);

            var removed = new TrackRemovedMessage(Number(random));
            AssertEqual(removed.Write, bytes => TrackRemovedMessage.TryRead(bytes, out var read) && read == removed);
        }

        Assert.Equal(["Layers", "Level", "Microphones", "Reason"], thrown.Order(StringComparer.Ordinal));

        void AssertEqual(Writer write, Func<byte[], bool> isReadEqual)
        {
            if (Write(write, out var field) is { } bytes)
            {
                Assert.True(isReadEqual(bytes));
            }
            else
            {
                thrown.Add(field);
            }
        }
    }

    /// <summary>Usually valid in each field, so that all combinations occur.</summary>
    private static TrackAddedMessage Random(Random random) => new()
    {
        Track = Number(random),
        Carriage = Number(random),
        Hops = Often(random, (byte)1, (byte)random.Next(3)),
        Origin = Often(random, "meet/node", Text(random)),
        OriginGeneration = (ulong)random.NextInt64(),
        ParticipantId = Often(random, "alice", Text(random)),
        Source = Often(random, LinkTrackSource.Camera, (LinkTrackSource)random.Next(6)),
        IsMuted = Bit(random),
        IsEncrypted = Bit(random),
        HasLevel = Bit(random),
        Codec = new RelayedCodec
        {
            Name = Often(random, "VP8", Text(random)),
            ClockRate = Often(random, 90_000u, Number(random)),
            Channels = (byte)random.Next(256),
            PayloadType = Often(random, (byte)96, (byte)random.Next(256)),
            RtxPayloadType = Often(random, null, (byte?)random.Next(256)),
            RedPayloadType = Often(random, null, (byte?)random.Next(256)),
            FormatParameters = Often(random, string.Empty, Text(random)),
        },
        Layers = [.. Enumerable.Range(0, Often(random, 2, random.Next(10))).Select(_ => new RelayedLayer(
            Often(random, "q", Text(random)), Often(random, 7u, Number(random)), Often(random, null, (uint?)Number(random))))],
    };

    private static T Often<T>(Random random, T usual, T other) => random.Next(16) > 0 ? usual : other;

    private static string Text(Random random) => Texts[random.Next(Texts.Length)];

    private static uint Number(Random random) => random.Next(4) == 0 ? 0 : (uint)random.NextInt64(1L << 32);

    private static bool Bit(Random random) => random.Next(2) == 0;

    private static byte[]? Write(Writer write, out string field)
    {
        var buffer = new byte[LinkMessage.MaximumLength];
        field = string.Empty;
        try
        {
            var length = write(buffer);
            Assert.NotEqual(0, length);
            return buffer[..length];
        }
        catch (ArgumentException e)
        {
            field = e.ParamName!;
            Assert.StartsWith(field + " must ", e.Message, StringComparison.Ordinal);
            return null;
        }
    }
}
