using System.Net;
using MeetOperator.NodeControl;

namespace MeetOperator.Bench.Media;

/// <summary>
/// Fifty participants join a room of 450, in which everybody has slots and shows 25 cameras, ten of them those of the first who join. The figure is the number of messages
/// with SDP that one join sends to others.
/// </summary>
internal static class JoinSdp
{
    private const string Room = "large";
    private const int Present = 450;
    private const int Joining = 50;
    private const int ShownPresent = 15;
    private const int ShownJoining = 10;

    /// <summary>Returns messages per join.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly).ConfigureAwait(false);
        using var peer = new BenchPeer(); // only its SDP is used: nobody needs to be connected to be told about others
        await node.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1, MaxParticipants = Present + Joining }, default).ConfigureAwait(false);
        for (var i = 0; i < Present; i++)
        {
            await JoinAsync(node.Control, peer, i).ConfigureAwait(false);
        }

        using var end = new CancellationTokenSource();
        var messages = new Messages();
        var reading = ReadAsync(node.Control, peer, messages, end.Token);
        await messages.WaitUntilQuietAsync().ConfigureAwait(false); // those present have as many slots now as they show
        var offersBefore = messages.Offers;
        var changesBefore = messages.Changes;
        for (var i = Present; i < Present + Joining; i++)
        {
            await JoinAsync(node.Control, peer, i).ConfigureAwait(false);
        }

        await messages.WaitUntilQuietAsync().ConfigureAwait(false);
        var report = await node.Control.GetRoomAsync(Room, default).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        return report.Participants == Present + Joining && messages.Changes - changesBefore >= Present
            ? (messages.Offers - offersBefore) / (double)Joining
            : throw new InvalidOperationException($"The run is invalid: {report.Participants} participants of {Present + Joining} are in the room, and slots changed {messages.Changes - changesBefore} times.");
    }

    private static string NameOf(int participant) => $"p{participant:D3}";

    private static async Task JoinAsync(NodeControlClient node, BenchPeer peer, int participant)
    {
        var name = NameOf(participant);
        await node.PublishAsync(Room, name, new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(peer) }, default).ConfigureAwait(false);
        var offer = await node.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 6, Video = 28 } }, default).ConfigureAwait(false);
        await AnswerAsync(node, peer, name, offer.Revision, offer.Sdp).ConfigureAwait(false);
        var shown = Enumerable.Range(1, ShownPresent).Select(i => (participant + Present - i) % Present).Concat(Enumerable.Range(Present, ShownJoining)).Where(i => i != participant);
        await node.ViewAsync(
            Room, name, new ViewRequest { Tracks = [.. shown.Select(i => new ViewedTrack { ParticipantId = NameOf(i), Source = "camera", Width = 320, Height = 180 })] }, default).ConfigureAwait(false);
    }

    /// <summary>Answers the offers to those present, and counts their messages.</summary>
    private static async Task ReadAsync(NodeControlClient node, BenchPeer peer, Messages messages, CancellationToken ct)
    {
        try
        {
            await foreach (var e in node.WatchRoomAsync(Room, ct).ConfigureAwait(false))
            {
                if (e is { Type: RoomEventTypes.Offer, ParticipantId: { } name, Revision: { } revision, Sdp: { } sdp } && IsPresent(name))
                {
                    messages.AddOffer();
                    await AnswerAsync(node, peer, name, revision, sdp).ConfigureAwait(false);
                }
                else if (e is { Type: RoomEventTypes.Slots, ParticipantId: { } changed } && IsPresent(changed))
                {
                    messages.AddChange();
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The measurement has ended.
        }
    }

    private static bool IsPresent(string name) => string.CompareOrdinal(name, NameOf(Present)) < 0;

    private static async Task AnswerAsync(NodeControlClient node, BenchPeer peer, string name, int revision, string sdp)
    {
        try
        {
            await node.AnswerAsync(Room, name, new SubscribeAnswer { Revision = revision, Sdp = BenchSdp.Answer(sdp, peer) }, default).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Status == HttpStatusCode.Conflict)
        {
            // A newer offer follows.
        }
    }

    private sealed class Messages
    {
        private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
        private int _offers;
        private int _changes;

        public int Offers => Volatile.Read(ref _offers);

        public int Changes => Volatile.Read(ref _changes);

        public void AddOffer() => Interlocked.Increment(ref _offers);

        public void AddChange() => Interlocked.Increment(ref _changes);

        /// <summary>Waits until no message has arrived for two seconds.</summary>
        public async Task WaitUntilQuietAsync()
        {
            int before;
            do
            {
                before = Offers + Changes;
                await Task.Delay(Quiet).ConfigureAwait(false);
            }
            while (Offers + Changes != before);
        }
    }
}
