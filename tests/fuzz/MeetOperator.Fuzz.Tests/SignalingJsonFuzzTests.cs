using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Text frames of clients. The reader returns either a message or an error, and an accepted message is within its limits.</summary>
public sealed class SignalingJsonFuzzTests
{
    [Fact]
    public void ClientMessage_AnyBytes_IsParsedOrRejected() => FuzzLoop.Run("signaling", Check, cost: 4, maximumBytes: 512 * 1024);

    private static void Check(ReadOnlySpan<byte> input)
    {
        var isValid = ClientMessage.TryParse(input, out var message, out var error);
        Assert.Equal(isValid, message is not null);
        Assert.Equal(isValid, error is null);
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
            // The error message for invalid input must be valid JSON.
            System.Text.Json.JsonDocument.Parse(new ErrorMessage(error).ToUtf8()).Dispose();
        }
    }
}
