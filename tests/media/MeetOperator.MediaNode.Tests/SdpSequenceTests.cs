using System.Net;
using MeetOperator.MediaNode.Failures;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Random sequences of offers (also with simulcast and RED), answers and ends of sessions with mutated SDP. The media node applies or rejects each one with a reason, nothing fails on the loop, and a call in
/// another room is not affected. A failing sequence can be repeated with its seed.
/// </summary>
public sealed class SdpSequenceTests
{
    private const int Steps = 400;
    private static readonly string[] Names = ["mallory", "dave", "eve"];
    private static readonly string[] Layers = ["f", "f;f;f", "f,h;q", "~f;h;q", "f;h;q;a;b;c;d;e;g;i", ";;", "q;h;f recv f", "f;h;x"];
    private static readonly FailureScope[] Scopes = Enum.GetValues<FailureScope>();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Room_MutatedSdpInAnyOrder_IsAppliedOrRejectedWithAReason(int seed)
    {
        await using var rooms = await TwoRooms.StartAsync();
        var random = new Random(seed);
        var participants = Names.Select(name => new Participant(name)).ToList();
        int applied = 0, rejected = 0;
        for (var step = 0; step < Steps; step++)
        {
            try
            {
                await participants[random.Next(participants.Count)].StepAsync(rooms.Node.Control, random);
                applied++;
            }
            catch (NodeControlException e)
            {
                Assert.True(e.Status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError, $"step {step}: {(int)e.Status} {e.Message}");
                Assert.NotEmpty(e.Message);
                rejected++;
            }
        }

        Assert.InRange(applied, Steps / 10, Steps);
        Assert.InRange(rejected, Steps / 10, Steps);
        Assert.All(new[] { "a=simulcast:recv", "red/48000" }, answered => Assert.Contains(participants.SelectMany(p => p.Answers), answer => answer.Contains(answered, StringComparison.Ordinal)));
        await rooms.AssertNeighbourUnaffectedAsync(1);
        foreach (var scope in Scopes)
        {
            Assert.Equal(0, await rooms.FailuresAsync(scope));
        }

        // The room can still be used.
        using var peer = new SyntheticPeer();
        await rooms.PublishAsync(TwoRooms.Bad, "frank", peer);
        participants.ForEach(participant => participant.Dispose());
    }

    /// <summary>A participant whose SDP is sometimes valid.</summary>
    private sealed class Participant(string name) : IDisposable
    {
        private readonly SyntheticPeer _peer = new();
        private string? _publishSession;
        private SubscribeOffer? _offer;

        /// <summary>The answers to the offers that were applied.</summary>
        public List<string> Answers { get; } = [];

        public Task StepAsync(NodeControlClient node, Random random) => random.Next(7) switch
        {
            0 => PublishAsync(node, Mutate(Offer(random), random), restart: false),
            1 => PublishAsync(node, Mutate(Offer(random), random), restart: true),
            2 => SubscribeAsync(node, random),
            3 => AnswerAsync(node, random),
            4 => node.PlayAsync(TwoRooms.Bad, name, new PlayRequest { Generation = 1, Sdp = Mutate(TestSdp.Play(_peer, audio: random.Next(2) == 0), random), Feeds = [Names[random.Next(Names.Length)]] }, default),
            5 => AnswerAsync(node, random),
            _ => EndAsync(node, random),
        };

        public void Dispose() => _peer.Dispose();

        private string Offer(Random random) => random.Next(5) switch
        {
            0 => TestSdp.Publish(_peer),
            3 or 4 => TestSdp.Simulcast(_peer),
            1 => TestSdp.Publish(_peer, video: false),
            _ => TestSdp.Microphones(_peer, random.Next(1, 5)),
        };

        private async Task PublishAsync(NodeControlClient node, string sdp, bool restart)
        {
            var answer = await node.PublishAsync(TwoRooms.Bad, name, new SdpOffer { Generation = 1, Sdp = sdp, Restart = restart, SessionId = restart ? null : _publishSession }, default);
            _publishSession = answer.SessionId;
            Answers.Add(answer.Sdp);
        }

        private async Task SubscribeAsync(NodeControlClient node, Random random) => _offer = await node.SubscribeAsync(
            TwoRooms.Bad,
            name,
            new SubscribeRequest { Generation = 1, Restart = random.Next(2) == 0, Slots = random.Next(2) == 0 ? new SlotCounts { Audio = random.Next(5), Video = random.Next(30) } : null },
            default);

        private Task AnswerAsync(NodeControlClient node, Random random) => _offer is null
            ? SubscribeAsync(node, random)
            : node.AnswerAsync(TwoRooms.Bad, name, new SubscribeAnswer { Revision = _offer.Revision + (random.Next(8) == 0 ? 1 : 0), Sdp = Mutate(TestSdp.Answer(_offer.Sdp, _peer), random) }, default);

        private async Task EndAsync(NodeControlClient node, Random random)
        {
            var session = random.Next(2) == 0 ? _publishSession : _offer?.SessionId;
            if (session == _publishSession)
            {
                _publishSession = null;
            }
            else
            {
                _offer = null;
            }

            if (session is not null && random.Next(3) > 0)
            {
                await node.DeleteSessionAsync(TwoRooms.Bad, session, default);
            }
            else
            {
                await node.DeleteParticipantAsync(TwoRooms.Bad, name, default);
            }
        }

        /// <summary>Changes nothing in half of the descriptions, and up to four lines in the others.</summary>
        private static string Mutate(string sdp, Random random)
        {
            var lines = sdp.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).ToList();
            for (var changes = random.Next(2) == 0 ? 0 : random.Next(1, 5); changes > 0 && lines.Count > 1; changes--)
            {
                var at = random.Next(lines.Count);
                switch (random.Next(8))
                {
                    case 0:
                        lines.RemoveAt(at);
                        break;
                    case 1:
                        lines.Insert(random.Next(lines.Count), lines[at]);
                        break;
                    case 2:
                        var other = random.Next(lines.Count);
                        (lines[at], lines[other]) = (lines[other], lines[at]);
                        break;
                    case 3:
                        lines[at] = Digits(lines[at], random);
                        break;
                    case 4:
                        lines[at] = lines[at][..random.Next(lines[at].Length)];
                        break;
                    case 5:
                        // A whole section is repeated or missing.
                        var section = lines.FindLastIndex(line => line.StartsWith("m=", StringComparison.Ordinal));
                        var tail = section < 0 ? [] : lines[section..];
                        lines.RemoveRange(lines.Count - tail.Count, tail.Count);
                        lines.AddRange(random.Next(2) == 0 ? [] : [.. tail, .. tail]);
                        break;
                    case 6:
                        var layers = Layers[random.Next(Layers.Length)];
                        lines = [.. lines.Select(line => line.Replace("f;h;q", layers, StringComparison.Ordinal).Replace("111/111", "111/63/111", StringComparison.Ordinal))];
                        break;
                    default:
                        lines[at] = lines[at].Replace("sendonly", "inactive", StringComparison.Ordinal).Replace("recvonly", "sendrecv", StringComparison.Ordinal).Replace("m=audio", "m=video", StringComparison.Ordinal);
                        break;
                }
            }

            return string.Join("\r\n", lines) + "\r\n";
        }

        private static string Digits(string line, Random random) =>
            string.Concat(line.Select(c => char.IsAsciiDigit(c) && random.Next(3) == 0 ? (char)('0' + random.Next(10)) : c));
    }
}
