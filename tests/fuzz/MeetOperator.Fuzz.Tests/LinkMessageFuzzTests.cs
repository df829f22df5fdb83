using MeetOperator.Relay.Messages;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Each message of a link. A message has only one encoding, so what is read is written with the same bytes.</summary>
public sealed class LinkMessageFuzzTests
{
    private delegate int Writer(Span<byte> destination);

    [Fact]
    public void TrackAdded_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-track-added", input =>
    {
        if (TrackAddedMessage.TryRead(input, out var message))
        {
            Assert.InRange(message.Layers.Count, 1, LinkMessage.MaximumLayers);
            Assert.DoesNotContain(string.Concat(message.Origin, message.ParticipantId, message.Codec.Name, message.Codec.FormatParameters, message.Layers[0].Rid), char.IsControl);
            AssertSame(input, message.Write);
        }
    });

    [Fact]
    public void TrackRemoved_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-track-removed", input =>
    {
        if (TrackRemovedMessage.TryRead(input, out var message))
        {
            AssertSame(input, message.Write);
        }
    });

    [Fact]
    public void TrackMuted_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-track-muted", input =>
    {
        if (TrackMutedMessage.TryRead(input, out var message))
        {
            AssertSame(input, message.Write);
        }
    });

    [Fact]
    public void TrackLayers_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-track-layers", input =>
    {
        if (TrackLayersMessage.TryRead(input, out var message))
        {
            Assert.InRange(message.Layers.Count, 1, LinkMessage.MaximumLayers);
            AssertSame(input, message.Write);
        }
    });

    [Fact]
    public void Demand_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-demand", input =>
    {
        if (DemandMessage.TryRead(input, out var message))
        {
            AssertSame(input, message.Write);
        }
    });

    [Fact]
    public void Heard_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-heard", input =>
    {
        if (HeardMessage.TryRead(input, out var message))
        {
            Assert.InRange(message.Microphones.Count, 0, HeardMessage.MaximumMicrophones);
            AssertSame(input, message.Write);
        }
    });

    [Fact]
    public void Bye_AnyBytes_IsReadOrRejected() => FuzzLoop.Run("link-bye", input =>
    {
        if (ByeMessage.TryRead(input, out var message))
        {
            Assert.True(Enum.IsDefined(message.Reason));
            AssertSame(input, message.Write);
        }
    });

    private static void AssertSame(ReadOnlySpan<byte> input, Writer write)
    {
        Span<byte> written = stackalloc byte[LinkMessage.MaximumLength];
        Assert.True(written[..write(written)].SequenceEqual(input), "The message is written differently than it was read.");
    }
}
