using System.Buffers.Binary;
using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Rtp.Packets;
using Xunit.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>One meeting of 500 participants on five media nodes, each linked to each other. The clients are synthetic: what they send are packets, not sound and pictures.</summary>
[Collection(ExclusiveCollection.Name)]
public sealed class LargeMeetingTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Room = "r";
    private const int Nodes = 5;
    private const int PerNode = 100;

    /// <summary>Cameras on each node that somebody shows.</summary>
    private const int Shown = 4;
    private const byte Loud = 10;
    private const byte Quiet = 80;
    private readonly List<TestNode> _nodes = [];
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _confirming = [];
    private readonly List<Client> _clients = [];

    public async Task InitializeAsync()
    {
        for (var i = 0; i < Nodes; i++)
        {
            _nodes.Add(await TestNode.StartAsync(options => options with { SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) }));
            await _nodes[i].Control.PutRoomAsync(Room, new RoomSpec { Generation = i + 1, MaxParticipants = PerNode }, default);
            _confirming.Add(ConfirmSlotsAsync(_nodes[i].Control));
        }

        for (var opener = 0; opener < Nodes; opener++)
        {
            for (var acceptor = opener + 1; acceptor < Nodes; acceptor++)
            {
                await LinkAsync(opener, acceptor, LinkEndRole.Opener);
                await LinkAsync(acceptor, opener, LinkEndRole.Acceptor);
            }
        }

        await LinkedLoops.UntilAsync("all links are up", async () =>
        {
            var rooms = await Task.WhenAll(_nodes.Select(node => node.Control.GetRoomAsync(Room, default)));
            return rooms.All(room => room.Links.Count == Nodes - 1 && room.Links.All(link => link.State == LinkEndState.Up));
        });
    }

    public async Task DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _over.CancelAsync();
        await Task.WhenAll(_confirming);
        _over.Dispose();

        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Meeting_500ParticipantsOn5Nodes_AllHearTheLoudestThreeAndSeeEveryNode()
    {
        var watch = Stopwatch.StartNew();
        for (var node = 0; node < Nodes; node++)
        {
            for (var i = 0; i < PerNode; i++)
            {
                _clients.Add(new Client(node, i));
            }
        }

        await Task.WhenAll(_nodes.Select((_, node) => PublishAllAsync(node)));
        await UntilAsync("everybody is connected", () => _clients.All(client => client.Publisher.IsConnected));
        output.WriteLine($"{_clients.Count} participants publish after {watch.Elapsed.TotalSeconds:F1} s");
        Client[] loud = [_clients[0], _clients[(2 * PerNode) + 1], _clients[(4 * PerNode) + 2]];
        await LinkedLoops.UntilAsync("every node knows all tracks", async () =>
        {
            Send(loud);
            Pump();
            var known = await Task.WhenAll(_nodes.Select(node => node.Host.Rooms.RunAsync(Room, room => room.Tracks.For("nobody").Count, default)));
            return known.All(count => count == 2 * Nodes * PerNode);
        });

        await Task.WhenAll(_nodes.Select((_, node) => SubscribeAllAsync(node)));
        await UntilAsync("everybody receives", () =>
        {
            Send(loud);
            return _clients.All(client => client.Subscriber.IsConnected);
        });
        output.WriteLine($"{_clients.Count} participants receive after {watch.Elapsed.TotalSeconds:F1} s");

        await UntilAsync("everybody hears the loudest three and sees whom it shows on every other node", () =>
        {
            Send(loud);
            return _clients.All(client => client.HearsAll(loud) && client.Unseen == 0);
        });
        output.WriteLine($"everybody hears and sees everybody else after {watch.Elapsed.TotalSeconds:F1} s");

        _clients.ForEach(client => client.Heard.Clear());
        await UntilAsync("everybody hears the loudest three again", () =>
        {
            Send(loud);
            return _clients.All(client => client.HearsAll(loud));
        });
        // More than 20 speak. Whoever is loud hears one more, and who is heard changes now and then.
        Assert.All(_clients, client => Assert.InRange(client.Heard.Count, 2, 6));

        var reports = await Task.WhenAll(_nodes.Select(node => node.Control.GetRoomAsync(Room, default)));
        Assert.All(reports, report => Assert.Equal((PerNode, 2 * PerNode), (report.Participants, report.UpTracks)));
        Assert.Equal(Enumerable.Range(0, Nodes).Select(node => ($"region-{node}", PerNode)), reports.Select(report => Assert.Single(report.Regions)).Select(region => (region.Key, region.Value)));
        var full = await Assert.ThrowsAsync<NodeControlException>(() => _nodes[0].Control.PutParticipantAsync(Room, "late", new ParticipantSpec { Generation = 1 }, default));
        Assert.Equal("room-full", full.Code);
        output.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s, {Environment.WorkingSet >> 20} MiB");
    }

    private Task LinkAsync(int node, int peer, LinkEndRole role) => _nodes[node].Control.PutLinkAsync(
        Room,
        $"link-{Math.Min(node, peer)}-{Math.Max(node, peer)}",
        new LinkSpec
        {
            Generation = node + 1,
            Role = role,
            Node = $"ns/n{node}",
            Peer = $"ns/n{peer}",
            PeerGeneration = peer + 1,
            Addresses = [$"127.0.0.1:{_nodes[peer].Host.Loops[0].Port}"],
            Tag = TagOf(node, peer),
            PeerTag = TagOf(peer, node),
            Keys = [new LinkKey { Epoch = 1, Secret = Convert.ToBase64String([.. Enumerable.Repeat((byte)(Math.Min(node, peer) + 10), 32)]) }],
        },
        default);

    private static uint TagOf(int node, int peer) => (uint)(1 + (node * Nodes) + peer);

    private async Task PublishAllAsync(int node)
    {
        var control = _nodes[node].Control;
        foreach (var client in _clients.Where(client => client.Node == node))
        {
            await control.PutParticipantAsync(Room, client.Id, new ParticipantSpec { Generation = node + 1, Region = $"region-{node}" }, default);
            var answer = await control.PublishAsync(Room, client.Id, new SdpOffer { Generation = node + 1, Sdp = TestSdp.Publish(client.Publisher) }, default);
            client.Publisher.Connect(answer.Sdp);
        }
    }

    private async Task SubscribeAllAsync(int node)
    {
        var control = _nodes[node].Control;
        foreach (var client in _clients.Where(client => client.Node == node))
        {
            var offer = await control.SubscribeAsync(Room, client.Id, new SubscribeRequest { Generation = node + 1, Slots = new SlotCounts { Audio = 4, Video = Nodes } }, default);
            await control.AnswerAsync(Room, client.Id, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, client.Subscriber) }, default);
            client.Subscriber.Connect(offer.Sdp);
            var shown = client.Shows.Select(other => new ViewedTrack { ParticipantId = other, Source = "camera", Width = 320, Height = 180 });
            await control.ViewAsync(Room, client.Id, new ViewRequest { Tracks = [.. shown] }, default); // after the request, which forgets an earlier view
        }
    }

    /// <summary>Confirms every assignment of slots on a node, as clients do. A reader that is too slow is cut off, and gets the present state when it reads again: in offers.</summary>
    private async Task ConfirmSlotsAsync(NodeControlClient control)
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await foreach (var slots in control.WatchRoomAsync(Room, _over.Token))
                {
                    if (slots is { Type: RoomEventTypes.Slots or RoomEventTypes.Offer, ParticipantId: { } participant, SessionId: { } session, SlotsVersion: { } version })
                    {
                        await control.ConfirmSlotsAsync(Room, participant, new SlotsConfirmation { SessionId = session, Version = version }, _over.Token);
                    }
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException || _over.IsCancellationRequested)
            {
                // It reads again, or the test is over.
            }
        }
    }

    /// <summary>
    /// Sends the sound of the loud ones, less loud sound of all whose camera is shown, and their pictures, at most every 40 ms. A slow machine sends less often, but of each track often
    /// enough that it does not seem to have stopped.
    /// </summary>
    private void Send(Client[] loud)
    {
        if (_sent is { } last && Stopwatch.GetElapsedTime(last) < TimeSpan.FromMilliseconds(40))
        {
            return;
        }

        _sent = Stopwatch.GetTimestamp();
        _rounds++;
        foreach (var client in _clients)
        {
            var isLoud = loud.Contains(client);
            if (isLoud || (client.Index < Shown && _rounds % 5 == 0))
            {
                client.Speak(isLoud ? Loud : Quiet, _rounds);
            }

            if (client.Index < Shown && (_rounds + client.Index) % 2 == 0)
            {
                client.ShowPicture(_rounds);
            }
        }
    }

    private long? _sent;
    private uint _rounds;

    private void Pump() => _clients.ForEach(client => client.Pump());

    private string Progress() =>
        $"{_rounds} rounds, {_clients.Count(c => c.Subscriber.IsConnected)} receive; "
        + string.Join("; ", _clients.GroupBy(c => $"{c.Unseen} not seen, {c.Heard.Count} heard").OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}: {g.Count()}"));

    /// <summary>Pumps all clients until the condition holds.</summary>
    private async Task UntilAsync(string what, Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        do
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(120), $"not reached: {what}; {Progress()}");
            Pump();
            await Task.Yield();
        }
        while (!condition());
    }

    /// <summary>A participant with a connection for what it sends, and one for what it receives.</summary>
    private sealed class Client(int node, int index) : IDisposable
    {
        public int Node { get; } = node;

        public int Index { get; } = index;

        public string Id { get; } = IdOf(node, index);

        /// <summary>Stands at the end of each packet of the participant.</summary>
        public ushort Mark { get; } = MarkOf(node, index);

        public SyntheticPeer Publisher { get; } = new();

        public SyntheticPeer Subscriber { get; } = new();

        /// <summary>The marks of the participants that were heard.</summary>
        public HashSet<ushort> Heard { get; } = [];

        /// <summary>The marks of the participants that were seen.</summary>
        public HashSet<ushort> Seen { get; } = [];

        /// <summary>The participants that this one shows: one on each other node.</summary>
        public IEnumerable<string> Shows => OtherNodes.Select(other => IdOf(other, Index % Shown));

        private IEnumerable<int> OtherNodes => Enumerable.Range(0, Nodes).Where(other => other != Node);

        public static string IdOf(int node, int index) => $"n{node}-{index}";

        private static ushort MarkOf(int node, int index) => (ushort)((node * PerNode) + index);

        public void Speak(byte level, uint round) => Publisher.SendVoice(TestSdp.AudioSsrc, round * 1920, level, [1, 2, (byte)(Mark >> 8), (byte)Mark]);

        /// <summary>Sends a key frame.</summary>
        public void ShowPicture(uint round) => Publisher.SendRtp(TestSdp.VideoSsrc, 96, round * 3600, [0x10, 0x00, 1, 2, (byte)(Mark >> 8), (byte)Mark], marker: true);

        public bool HearsAll(Client[] loud) => loud.All(other => other == this || Heard.Contains(other.Mark));

        /// <summary>How many of those that it shows it has not seen.</summary>
        public int Unseen => OtherNodes.Count(other => !Seen.Contains(MarkOf(other, Index % Shown)));

        public void Pump()
        {
            Publisher.Pump();
            Subscriber.Pump();
            foreach (var packet in Subscriber.Rtp)
            {
                if (!RtpHeader.TryParse(packet, out var header))
                {
                    continue;
                }

                var mark = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(packet.Length - 2));
                if (header.PayloadType == 111)
                {
                    Heard.Add(mark);
                }
                else if (header.PayloadType == 96)
                {
                    Seen.Add(mark);
                }
            }

            Subscriber.Rtp.Clear();
            Subscriber.Rtcp.Clear();
            Publisher.Rtcp.Clear();
        }

        public void Dispose()
        {
            Publisher.Dispose();
            Subscriber.Dispose();
        }
    }
}
