using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Text frames of clients. The reader returns either a message or an error, and an accepted message is within its limits.</summary>
public sealed class SignalingJsonFuzzTests
{
    private const int MaximumBytes = 512 * 1024;
    private readonly HashSet<Type> _accepted = [];

    [Fact]
    public void ClientMessage_AnyBytes_IsParsedOrRejected()
    {
        FuzzLoop.Run("signaling", Check, cost: 4, maximumBytes: MaximumBytes);

        // Every type of message is in the corpus, and so has its limits checked below.
        Assert.Equal(MessageTypes().Order(), _accepted.Select(t => t.Name).Order());
    }

    [Fact]
    public void ClientMessage_ChangedValues_IsWithinItsLimitsOrRejected()
    {
        var corpus = FuzzLoop.Corpus("signaling").Where(file => ClientMessage.TryParse(file, out _, out _)).ToList();
        List<byte[]> seeds = [.. corpus, .. Longest(corpus)];

        FuzzLoop.Run(seeds, new JsonMutator(seed: 1, [.. seeds.Select(Encoding.UTF8.GetString)]).Next, Check, cost: 8, maximumBytes: 4 * MaximumBytes);

        Assert.Equal(MessageTypes().Order(), _accepted.Select(t => t.Name).Order());
    }

    private static IEnumerable<string> MessageTypes() => typeof(ClientMessage).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ClientMessage))).Select(t => t.Name);

    /// <summary>The messages with a list, with as many entries as the limit allows.</summary>
    private static IEnumerable<byte[]> Longest(IEnumerable<byte[]> corpus)
    {
        foreach (var message in corpus.Select(file => JsonNode.Parse(file)!.AsObject()))
        {
            var (list, name, limit) = (string?)message["type"] switch
            {
                "view" => (message["tracks"], "participantId", ProtocolLimits.MaxViews),
                "quality" => (message["tracks"], "participantId", ProtocolLimits.MaxReportedTracks),
                "offer" => (message["tracks"], "mid", ProtocolLimits.MaxTracks),
                "e2ee-keys" => (message["keys"], "to", ProtocolLimits.MaxE2eeKeys),
                _ => default,
            };
            if (list is not JsonArray { Count: > 0 } entries)
            {
                continue;
            }

            while (entries.Count < limit)
            {
                var entry = entries[0]!.DeepClone();
                entry[name] = $"n-{entries.Count}";
                entries.Add(entry);
            }

            var longest = Encoding.UTF8.GetBytes(message.ToJsonString());
            Assert.True(ClientMessage.TryParse(longest, out _, out var error), error?.Message);
            yield return longest;
        }
    }

    private void Check(ReadOnlySpan<byte> input)
    {
        var isValid = ClientMessage.TryParse(input, out var message, out var error);
        Assert.Equal(isValid, message is not null);
        Assert.Equal(isValid, error is null);
        if (message is not null)
        {
            _accepted.Add(message.GetType());
            CheckLimits(message);
        }

        if (error is not null)
        {
            // The error message for invalid input must be valid JSON.
            JsonDocument.Parse(new ErrorMessage(error).ToUtf8()).Dispose();
        }
    }

    private static void CheckLimits(ClientMessage message)
    {
        switch (message)
        {
            case JoinMessage join:
                AssertName(join.ParticipantId);
                Assert.True(join.IdentityKey is null || (join.IdentityKey.Length == ProtocolLimits.IdentityKeyLength && IsName(join.IdentityKey)));
                break;
            case OfferMessage offer:
                AssertName(offer.To);
                AssertOptionalName(offer.SessionId);
                AssertOptionalName(offer.Reference);
                AssertSdp(offer.Sdp);
                Assert.InRange(offer.Tracks.Count, 0, ProtocolLimits.MaxTracks);
                Assert.All(offer.Tracks, t => Assert.InRange(t.Mid.Length, 1, ProtocolLimits.MaxIdLength));
                Assert.All(offer.Tracks, t => Assert.True(Enum.IsDefined(t.Source)));
                new ForwardedOfferMessage("p", offer.Sdp, null, null).ToUtf8();
                break;
            case AnswerMessage answer:
                AssertName(answer.To);
                AssertOptionalName(answer.SessionId);
                AssertSdp(answer.Sdp);
                Assert.False(answer.Revision < 0);
                break;
            case IceCandidateMessage candidate:
                AssertName(candidate.To);
                Assert.InRange(Encoding.UTF8.GetByteCount(candidate.CandidateJson), 1, ProtocolLimits.MaxCandidateBytes);
                JsonDocument.Parse(new ForwardedIceCandidateMessage("p", candidate.CandidateJson).ToUtf8()).Dispose();
                break;
            case MuteMessage mute:
                Assert.True(Enum.IsDefined(mute.MediaType));
                AssertOptionalName(mute.Reference);
                break;
            case ViewMessage view:
                Assert.InRange(view.Tracks.Count, 0, ProtocolLimits.MaxViews);
                Assert.All(view.Tracks, CheckLimits);
                Assert.InRange(view.Pinned.Count, 0, ProtocolLimits.MaxViews);
                Assert.All(view.Pinned, AssertName);
                break;
            case QualityMessage quality:
                CheckLimits(quality);
                break;
            case SlotsAppliedMessage slots:
                AssertName(slots.SessionId);
                Assert.InRange(slots.Version, 0, int.MaxValue);
                break;
            case P2pReadyMessage ready:
                AssertName(ready.To);
                Assert.InRange(ready.Generation, 0, long.MaxValue);
                break;
            case P2pFailedMessage failed:
                Assert.InRange(failed.Generation, 0, long.MaxValue);
                break;
            case E2eeKeysMessage keys:
                Assert.InRange(keys.Keys.Count, 1, ProtocolLimits.MaxE2eeKeys);
                Assert.Equal(keys.Keys.Count, keys.Keys.Select(k => k.To).Distinct().Count());
                Assert.All(keys.Keys, k => AssertName(k.To));
                Assert.All(keys.Keys, k => Assert.InRange(k.Payload.Length, 1, ProtocolLimits.MaxE2eePayloadLength));
                break;
            case ChatMessage chat:
                Assert.InRange(chat.Message.Length, 1, ProtocolLimits.MaxChatLength);
                Assert.DoesNotContain('\0', chat.Message);
                AssertOptionalName(chat.Reference);
                new ForwardedChatMessage("p", "n", chat.Message, DateTimeOffset.UnixEpoch, 1).ToUtf8();
                break;
            case LeaveMessage:
                break;
            default:
                Assert.Fail($"the limits of {message.GetType().Name} are not checked");
                break;
        }
    }

    private static void CheckLimits(ViewedTrack track)
    {
        AssertName(track.ParticipantId);
        Assert.True(track.Source is TrackSource.Camera or TrackSource.Screen);
        Assert.InRange(track.Width, 1, ProtocolLimits.MaxViewPixels);
        Assert.InRange(track.Height, 1, ProtocolLimits.MaxViewPixels);
    }

    private static void CheckLimits(QualityMessage quality)
    {
        const double Most = 1e9; // sums of many reports stay exact
        Assert.All(new[] { quality.SendLoss, quality.ReceiveLoss }, loss => Assert.InRange(loss, 0, 1));
        Assert.All(new[] { quality.SendKbps, quality.ReceiveKbps, quality.RttMs ?? 0, quality.FirstFrameMs ?? 0, quality.GatheringMs ?? 0 }, number => Assert.InRange(number, 0, Most));
        Assert.InRange(quality.Tracks.Count, 0, ProtocolLimits.MaxReportedTracks);
        Assert.Equal(quality.Tracks.Count, quality.Tracks.Select(t => (t.ParticipantId, t.Source)).Distinct().Count());
        Assert.InRange(quality.PathFailures.Count, 0, ProtocolLimits.MaxPathFailures);
        Assert.Equal(quality.PathFailures.Count, quality.PathFailures.Select(f => (f.Path, f.Reason)).Distinct().Count());
        Assert.All(quality.PathFailures, failure => Assert.True(Enum.IsDefined(failure.Path) && Enum.IsDefined(failure.Reason) && failure.Count is >= 1 and <= ProtocolLimits.MaxPathFailureCount));
        foreach (var track in quality.Tracks)
        {
            AssertName(track.ParticipantId);
            Assert.True(Enum.IsDefined(track.Source) && Enum.IsDefined(track.Quality));
            Assert.All(new[] { track.Loss, track.Frozen }, part => Assert.InRange(part, 0, 1));
            Assert.All(new[] { track.Kbps, track.JitterMs, track.FramesPerSecond ?? 0 }, number => Assert.InRange(number, 0, Most));
            Assert.InRange(track.Height ?? 0, 0, ProtocolLimits.MaxViewPixels);
        }
    }

    private static void AssertSdp(string sdp)
    {
        Assert.StartsWith("v=0", sdp, StringComparison.Ordinal);
        Assert.InRange(sdp.Length, 1, ProtocolLimits.MaxSdpLength);
    }

    private static void AssertName(string id) => Assert.True(id.Length is > 0 and <= ProtocolLimits.MaxIdLength && IsName(id), $"'{id}' is not an ID");

    private static void AssertOptionalName(string? id) => AssertName(id ?? "none");

    private static bool IsName(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
