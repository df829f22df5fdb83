using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Text frames of clients: whatever they hold, the reader says message or error, never both, and what it lets through is within its bounds.</summary>
public sealed class SignalingJsonFuzzTests
{
    [Fact]
    public void ClientMessage_AnyBytes_IsParsedOrRejected() => FuzzLoop.Run("signaling", Check, cost: 4, maximumBytes: 512 * 1024);

    private static void Check(ReadOnlySpan<byte> input)
    {
        var good = ClientMessage.TryParse(input, out var message, out var error);
        Assert.Equal(good, message is not null);
        Assert.Equal(good, error is null);
        switch (message)
        {
            case ChatMessage chat:
                Assert.InRange(chat.Message.Length, 1, ProtocolLimits.MaxChatLength);
                Assert.DoesNotContain('\0', chat.Message);
                new ForwardedChatMessage("p", "n", chat.Message, DateTimeOffset.UnixEpoch, 1).ToUtf8();
                break;
            case IceCandidateMessage candidate:
                Assert.InRange(candidate.CandidateJson.Length, 1, ProtocolLimits.MaxCandidateBytes);
                new ForwardedIceCandidateMessage("p", candidate.CandidateJson).ToUtf8();
                break;
            case OfferMessage offer:
                Assert.StartsWith("v=0", offer.Sdp, StringComparison.Ordinal);
                Assert.InRange(offer.Tracks.Count, 0, ProtocolLimits.MaxTracks);
                new ForwardedOfferMessage("p", offer.Sdp, null, null).ToUtf8();
                break;
        }

        if (error is not null)
        {
            // The answer to nonsense must itself be good JSON.
            System.Text.Json.JsonDocument.Parse(new ErrorMessage(error).ToUtf8()).Dispose();
        }
    }
}
